import type { UsageDay, UsageGroup, UsageTotals } from './ledger.ts'

/** What several processes have added up, as one; the latest day first, of each day the dearest group first. */
export function mergeDays(all: readonly (readonly UsageDay[])[]): readonly UsageDay[] {
  const byDay = Map.groupBy(all.flat(), ({ day }) => day)
  return [...byDay]
    .sort(([left], [right]) => (left < right ? 1 : -1))
    .map(([day, same]) => ({
      day,
      totals: same.map(({ totals }) => totals).reduce(addTotals),
      groups: mergeGroups(same.flatMap(({ groups }) => groups)),
    }))
}

function mergeGroups(groups: readonly UsageGroup[]): readonly UsageGroup[] {
  const byName = Map.groupBy(groups, ({ client, route, target }) => `${client}\n${route}\n${target}`)
  return [...byName.values()]
    .flatMap((same) => {
      const [first] = same
      return first === undefined ? [] : [{ ...first, ...same.reduce<UsageTotals>(addTotals, nothing) }]
    })
    .sort((left, right) => right.costUsd + right.wastedUsd - left.costUsd - left.wastedUsd)
}

const nothing: UsageTotals = {
  requests: 0,
  failed: 0,
  cacheHits: 0,
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  costUsd: 0,
  wastedUsd: 0,
}

function addTotals(left: UsageTotals, right: UsageTotals): UsageTotals {
  return {
    requests: left.requests + right.requests,
    failed: left.failed + right.failed,
    cacheHits: left.cacheHits + right.cacheHits,
    inputTokens: left.inputTokens + right.inputTokens,
    outputTokens: left.outputTokens + right.outputTokens,
    cacheReadTokens: left.cacheReadTokens + right.cacheReadTokens,
    costUsd: left.costUsd + right.costUsd,
    wastedUsd: left.wastedUsd + right.wastedUsd,
  }
}
