import type { Usage } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import { asCount, asObject, compact, isObject } from '#lib/json.ts'
import { soundUsage } from '../sound-usage.ts'

/** Anthropic counts fresh, cached and written tokens apart; their sum is the input. Undefined when there are no numbers. */
export function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined
  const input = asCount(value['input_tokens'])
  const output = asCount(value['output_tokens'])
  if (input === undefined && output === undefined) return undefined
  const cacheRead = asCount(value['cache_read_input_tokens']) ?? 0
  const cacheWrite = asCount(value['cache_creation_input_tokens']) ?? 0
  return soundUsage(
    compact({
      input: (input ?? 0) + cacheRead + cacheWrite,
      output: output ?? 0,
      cacheRead,
      cacheWrite,
      // Left out at 0, as where it is not told.
      cacheWrite1h: asCount(asObject(value['cache_creation'])['ephemeral_1h_input_tokens']) || undefined,
      reasoning: asCount(asObject(value['output_tokens_details'])['thinking_tokens']) ?? 0,
    }),
  )
}

/** The later numbers over the earlier ones: they are totals, and null says nothing. */
export function mergeUsage(before: Json, later: unknown): Json {
  if (!isObject(later)) return before
  return { ...before, ...Object.fromEntries(Object.entries(later).filter(([, value]) => value !== null)) }
}

/** Numbers for a client. Anthropic's `input_tokens` are the fresh ones only. */
export function writeUsage(usage: Usage | undefined): Json {
  const { input = 0, output = 0, cacheRead = 0, cacheWrite = 0, cacheWrite1h = 0, reasoning = 0 } = usage ?? {}
  return compact({
    input_tokens: Math.max(0, input - cacheRead - cacheWrite),
    cache_creation_input_tokens: cacheWrite,
    cache_read_input_tokens: cacheRead,
    cache_creation:
      cacheWrite === 0
        ? undefined
        : { ephemeral_5m_input_tokens: Math.max(0, cacheWrite - cacheWrite1h), ephemeral_1h_input_tokens: cacheWrite1h },
    output_tokens: output,
    output_tokens_details: reasoning === 0 ? undefined : { thinking_tokens: reasoning },
  })
}
