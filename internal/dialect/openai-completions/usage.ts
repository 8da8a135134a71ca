import type { Finish, FinishReason, Usage } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import { asCount, asObject, isObject } from '#lib/json.ts'
import { soundUsage } from '../sound-usage.ts'

/** The usage of an answer or a chunk. */
export function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined
  const input = asCount(value['prompt_tokens'])
  const output = asCount(value['completion_tokens'])
  if (input === undefined && output === undefined) return undefined
  const cached = asCount(asObject(value['prompt_tokens_details'])['cached_tokens']) ?? 0
  const reasoning = asCount(asObject(value['completion_tokens_details'])['reasoning_tokens']) ?? 0
  return soundUsage({ input: input ?? 0, output: output ?? 0, cacheRead: cached, cacheWrite: 0, reasoning })
}

/** Usage as OpenAI tells it. */
export function writeUsage(usage: Usage): Json {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cacheRead },
    completion_tokens_details: { reasoning_tokens: usage.reasoning },
  }
}

/** Why a choice ended, in OpenAI's three words for it. */
export function readFinish(raw: string | undefined): Finish {
  const reason: FinishReason = raw === 'length' ? 'length' : raw === 'content_filter' ? 'content_filter' : 'stop'
  return raw === undefined ? { reason } : { reason, raw }
}

export function finishWord({ reason }: Finish): 'stop' | 'length' | 'content_filter' {
  switch (reason) {
    case 'length':
    case 'context_window':
    case 'pause':
      return 'length'
    case 'content_filter':
    case 'refusal':
      return 'content_filter'
    case 'stop':
    case 'stop_sequence':
    case 'tool_calls':
    case 'malformed_tool_call':
    case 'other':
      return 'stop'
  }
}
