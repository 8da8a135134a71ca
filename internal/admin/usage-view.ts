import type { UsageDay, UsageTotals } from '#usage/ledger.ts'

// Somebody with thousands of clients reads the records, not the page.
const mostGroups = 100

/** What was used, by day; of the latest day also by client, route and target, the dearest first. */
export function usageView(days: readonly UsageDay[]) {
  return days.map(({ day, totals, groups }, index) => ({
    day,
    ...totalsView(totals),
    ...(index > 0
      ? {}
      : {
          by: groups.slice(0, mostGroups).map(({ client, route, target, ...sums }) => ({
            client,
            route,
            target,
            ...totalsView(sums),
          })),
          left_out: Math.max(0, groups.length - mostGroups),
        }),
  }))
}

function totalsView(totals: UsageTotals) {
  return {
    requests: totals.requests,
    failed: totals.failed,
    cache_hits: totals.cacheHits,
    input_tokens: totals.inputTokens,
    output_tokens: totals.outputTokens,
    cache_read_tokens: totals.cacheReadTokens,
    cost_usd: totals.costUsd,
    wasted_usd: totals.wastedUsd,
  }
}
