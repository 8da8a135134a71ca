import { asNumber, asString, isObject, parseJson } from '#lib/json.ts'

/** What usage can be told by. */
export const usageFields = ['day', 'client', 'route', 'target', 'tier'] as const
export type UsageField = (typeof usageFields)[number]

/** What the requests of one group used. Money in USD. */
export type UsageSum = {
  /** The group's values, in the order asked for; empty where a request had none. */
  readonly group: Readonly<Partial<Record<UsageField, string>>>
  requests: number
  /** Those that ended without an answer. */
  failed: number
  inputTokens: number
  outputTokens: number
  cacheReadTokens: number
  costUsd: number
  /** Of attempts without an answer to show for it. */
  wastedUsd: number
}

/**
 * Adds up the access lines of a log by these fields; days are those of UTC. Lines of mirrored requests are no client's. Sorted
 * by their groups.
 */
export function sumUsage(lines: Iterable<string>, by: readonly UsageField[]): readonly UsageSum[] {
  const sums = new Map<string, UsageSum>()
  for (const line of lines) {
    if (!counted.some((message) => line.includes(message))) continue
    const parsed = parseJson(line)
    if (!parsed.ok || !isObject(parsed.value)) continue
    const entry = parsed.value
    const number = (name: string): number => asNumber(entry[name]) ?? 0
    const group = Object.fromEntries(by.map((field) => [field, textOf(field, entry)]))
    const key = JSON.stringify(Object.values(group))
    const sum = sums.get(key) ?? emptySum(group)
    sums.set(key, sum)
    if (entry['message'] === 'request finished') countRequest(sum, asString(entry['outcome']))
    sum.inputTokens += number('input_tokens')
    sum.outputTokens += number('output_tokens')
    sum.cacheReadTokens += number('cache_read_tokens')
    sum.costUsd += number('cost_usd')
    sum.wastedUsd += number('wasted_usd')
  }
  return [...sums].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, sum]) => sum)
}

// The cache's own embeddings are no requests of clients, but somebody's tokens and money.
const counted = ['"request finished"', '"cache embedding finished"']

function countRequest(sum: UsageSum, outcome: string | undefined): void {
  sum.requests++
  if (outcome !== 'ok' && outcome !== 'recovered') sum.failed++
}

function textOf(field: UsageField, entry: Readonly<Record<string, unknown>>): string {
  return field === 'day' ? (asString(entry['time']) ?? '').slice(0, 10) : (asString(entry[field]) ?? '')
}

function emptySum(group: UsageSum['group']): UsageSum {
  return { group, requests: 0, failed: 0, inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, costUsd: 0, wastedUsd: 0 }
}
