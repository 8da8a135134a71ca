import type { Usage } from '#canonical/answer.ts'
import { asArray, asNumber, asObject, asString, compact, isObject } from '#lib/json.ts'

/** Fresh, cached and written tokens are told apart; their sum is the input. Undefined when there are no numbers. */
export function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined
  const input = asNumber(value['inputTokens'])
  const output = asNumber(value['outputTokens'])
  if (input === undefined && output === undefined) return undefined
  // Some answers have the older names, some both.
  const cacheRead = asNumber(value['cacheReadInputTokens']) ?? asNumber(value['cacheReadInputTokenCount']) ?? 0
  const cacheWrite = asNumber(value['cacheWriteInputTokens']) ?? asNumber(value['cacheWriteInputTokenCount']) ?? 0
  const hour = asArray(value['cacheDetails'])
    .map(asObject)
    .filter((detail) => asString(detail['ttl']) === '1h')
    .reduce((sum, detail) => sum + (asNumber(detail['inputTokens']) ?? 0), 0)
  return compact({
    input: (input ?? 0) + cacheRead + cacheWrite,
    output: output ?? 0,
    cacheRead,
    cacheWrite,
    cacheWrite1h: hour === 0 ? undefined : hour,
    reasoning: 0,
  })
}
