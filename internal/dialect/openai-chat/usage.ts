import type { Usage } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import { asNumber, asObject, compact, isObject } from '#lib/json.ts'
import type { ChatQuirks } from '../quirks.ts'

/** Usage as any server of this API tells it. */
export function readUsage(value: unknown, quirks: ChatQuirks | undefined): Usage | undefined {
  if (!isObject(value)) return undefined
  const prompt = asNumber(value['prompt_tokens'])
  const completion = asNumber(value['completion_tokens'])
  if (prompt === undefined && completion === undefined) return undefined
  const input = prompt ?? 0
  const inDetails = asObject(value['prompt_tokens_details'] ?? value['prompt_token_details'])
  const outDetails = asObject(value['completion_tokens_details'])
  const told = asNumber(outDetails['reasoning_tokens']) ?? asNumber(value['reasoning_tokens']) ?? 0
  const total = asNumber(value['total_tokens'])
  const outside = quirks?.reasoningOutsideCompletion === true ? told : 0
  const output = quirks?.outputFromTotal === true && total !== undefined ? Math.max(total - input, completion ?? 0) : (completion ?? 0) + outside
  return compact({
    input,
    output,
    cacheRead: Math.min(asNumber(inDetails['cached_tokens']) ?? asNumber(value['prompt_cache_hit_tokens']) ?? asNumber(value['num_cached_tokens']) ?? 0, input),
    cacheWrite: asNumber(inDetails['cache_write_tokens']) ?? asNumber(inDetails['cache_creation_input_tokens']) ?? 0,
    reasoning: quirks?.outputFromTotal === true ? output - (completion ?? 0) : told,
    audioIn: asNumber(inDetails['audio_tokens']),
    audioOut: asNumber(outDetails['audio_tokens']),
  })
}

/** Usage as OpenAI tells it. */
export function writeUsage(usage: Usage): Json {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: compact({ cached_tokens: usage.cacheRead, cache_write_tokens: usage.cacheWrite === 0 ? undefined : usage.cacheWrite, audio_tokens: usage.audioIn }),
    completion_tokens_details: compact({ reasoning_tokens: usage.reasoning, audio_tokens: usage.audioOut }),
  }
}
