import type { Usage } from '#canonical/answer.ts'
import { asArray, asCount, asObject, asString, compact, isObject } from '#lib/json.ts'
import { soundUsage } from '../sound-usage.ts'

/** Fresh, cached and written tokens are told apart; their sum is the input. Undefined when there are no numbers. */
export function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined
  const input = asCount(value['inputTokens'])
  const output = asCount(value['outputTokens'])
  if (input === undefined && output === undefined) return undefined
  // Some answers have the older names, some both.
  const cacheRead = asCount(value['cacheReadInputTokens']) ?? asCount(value['cacheReadInputTokenCount']) ?? 0
  const cacheWrite = asCount(value['cacheWriteInputTokens']) ?? asCount(value['cacheWriteInputTokenCount']) ?? 0
  const hour = asArray(value['cacheDetails'])
    .map(asObject)
    .filter((detail) => asString(detail['ttl']) === '1h')
    .reduce((sum, detail) => sum + (asCount(detail['inputTokens']) ?? 0), 0)
  return soundUsage(
    compact({
      input: (input ?? 0) + cacheRead + cacheWrite,
      output: output ?? 0,
      cacheRead,
      cacheWrite,
      cacheWrite1h: hour === 0 ? undefined : hour,
      reasoning: 0,
    }),
  )
}
