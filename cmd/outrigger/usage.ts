import { sumUsage, type UsageField, type UsageSum, usageFields } from '#replay/sum-usage.ts'
import { exitCodes } from './exit.ts'
import { readLines } from './read-lines.ts'
import { complain, print } from './terminal.ts'

export type UsageOptions = {
  /** Fields with commas between. */
  readonly by: string
  readonly json: boolean
}

/** `outrigger usage LOG`: what was used, by day, client, route, target or tier. */
export async function usage(file: string, { by, json }: UsageOptions): Promise<number> {
  const fields = by.split(',').map((field) => field.trim())
  const unknown = fields.find((field) => !isField(field))
  if (unknown !== undefined) {
    complain(`--by has ${JSON.stringify(unknown)}; known: ${usageFields.join(', ')}`)
    return exitCodes.usage
  }
  const lines = await readLines(file)
  if (typeof lines === 'string') {
    complain(`${file} cannot be read: ${lines}`)
    return exitCodes.failed
  }
  const sums = sumUsage(lines, fields.filter(isField))
  if (sums.length === 0) {
    complain(`${file} has no access lines ("request finished"): is it the relay's log in JSON lines?`)
    return exitCodes.failed
  }
  for (const line of json ? sums.map(asJson) : asTable(sums)) print(line)
  return exitCodes.ok
}

function isField(text: string): text is UsageField {
  return usageFields.some((field) => field === text)
}

function asJson({ group, ...sum }: UsageSum): string {
  return JSON.stringify({
    ...group,
    requests: sum.requests,
    failed: sum.failed,
    input_tokens: sum.inputTokens,
    output_tokens: sum.outputTokens,
    cache_read_tokens: sum.cacheReadTokens,
    cost_usd: rounded(sum.costUsd),
    wasted_usd: rounded(sum.wastedUsd),
  })
}

/** Sums of binary fractions have tails that mean nothing. */
function rounded(usd: number): number {
  return Number(usd.toFixed(9))
}

function asTable(sums: readonly UsageSum[]): readonly string[] {
  const fields = Object.keys(sums[0]?.group ?? {})
  const head = [...fields, 'requests', 'failed', 'input', 'output', 'cached', 'USD', 'wasted']
  const rows = sums.map(({ group, ...sum }) => [
    ...Object.values(group).map((value) => value || '–'),
    ...[sum.requests, sum.failed, sum.inputTokens, sum.outputTokens, sum.cacheReadTokens].map(String),
    sum.costUsd.toFixed(4),
    sum.wastedUsd.toFixed(4),
  ])
  const widths = head.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => (at < fields.length ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd()
  return [head, ...rows].map(line)
}
