import type { Usage } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import { asNumber, asObject, compact, isObject } from '#lib/json.ts'

/** Anthropic counts fresh, cached and written tokens apart; their sum is the input. `before`: null keeps what was told. */
export function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined
  const count = (name: string): number => asNumber(value[name]) ?? 0
  const cacheRead = count('cache_read_input_tokens')
  const cacheWrite = count('cache_creation_input_tokens')
  return compact({
    input: count('input_tokens') + cacheRead + cacheWrite,
    output: count('output_tokens'),
    cacheRead,
    cacheWrite,
    cacheWrite1h: asNumber(asObject(value['cache_creation'])['ephemeral_1h_input_tokens']),
    reasoning: asNumber(asObject(value['output_tokens_details'])['thinking_tokens']) ?? 0,
  })
}

/** The later numbers over the earlier ones; they are totals, and null says nothing. */
export function mergeUsage(before: Json, later: unknown): Json {
  if (!isObject(later)) return before
  return { ...before, ...Object.fromEntries(Object.entries(later).filter(([, value]) => value !== null)) }
}

export function writeUsage(usage: Usage | undefined): Json {
  return {
    input_tokens: usage === undefined ? 0 : usage.input - usage.cacheRead - usage.cacheWrite,
    cache_creation_input_tokens: usage?.cacheWrite ?? 0,
    cache_read_input_tokens: usage?.cacheRead ?? 0,
    output_tokens: usage?.output ?? 0,
  }
}
