import type { Usage } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import { asCount, asObject, isObject } from '#lib/json.ts'
import { soundUsage } from '../sound-usage.ts'

/** Usage as any server of this API tells it. */
export function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined
  const input = asCount(value['input_tokens']) ?? asCount(value['prompt_tokens'])
  const output = asCount(value['output_tokens']) ?? asCount(value['completion_tokens'])
  if (input === undefined && output === undefined) return undefined
  const inDetails = asObject(value['input_tokens_details'])
  const outDetails = asObject(value['output_tokens_details'])
  const cacheRead = asCount(inDetails['cached_tokens']) ?? 0
  const reasoning = asCount(outDetails['reasoning_tokens']) ?? 0
  // Some servers count reasoning beside the output: the total shows it.
  const outside = asCount(value['total_tokens']) === (input ?? 0) + (output ?? 0) + reasoning
  const written = (output ?? 0) + (outside ? reasoning : 0)
  return soundUsage({
    input: input ?? 0,
    output: written,
    cacheRead,
    cacheWrite: asCount(inDetails['cache_write_tokens']) ?? 0,
    reasoning,
  })
}

/** Usage as OpenAI tells it; its SDKs read all of these fields. */
export function writeUsage(usage: Usage): Json {
  return {
    input_tokens: usage.input,
    input_tokens_details: { cached_tokens: usage.cacheRead, cache_write_tokens: usage.cacheWrite },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: usage.input + usage.output,
  }
}
