import type { Observer, RequestEnded } from '#canonical/observe.ts'
import type { Target } from '#canonical/plan.ts'
import { gatherCounts, labelOf } from './gather-counts.ts'
import type { Metrics } from './metrics.ts'

/** Turns what the relay tells into metrics. Labels come from the routing file and from closed sets, never from a client. */
export function recordMetrics(metrics: Metrics): Observer {
  const gathered = gatherCounts(metrics)
  let inFlight = 0
  metrics.beforeScrape(() => {
    gathered.flush()
    metrics.inFlight.set(inFlight)
  })
  return (event) => {
    switch (event.kind) {
      case 'request_started':
        inFlight++
        return
      case 'attempt_started':
      case 'first_token':
        return
      case 'attempt_ended':
        if (event.wasted !== undefined) metrics.wastedCost.inc({ reason: event.wasted.reason }, event.wasted.usd)
        return gathered.attempt(event)
      case 'failover':
        return metrics.failovers.inc({
          route: event.route,
          from: labelOf(event.from),
          to: labelOf(event.to),
          reason: event.reason,
        })
      case 'retry_budget_exhausted':
        return metrics.retryBudgetExhausted.inc()
      case 'request_ended':
        inFlight--
        return gathered.request(event)
    }
  }
}

/** What became of the vectors that the semantic cache asked for; attempts and tokens are counted with all others. */
export function countEmbedded(metrics: Metrics): (event: RequestEnded) => void {
  return ({ route, target, outcome, durationMs, costUsd }) => {
    metrics.cacheEmbeddings.inc({ outcome })
    metrics.cacheEmbeddingDuration.observe({}, durationMs / 1000)
    if (costUsd !== undefined && target !== undefined) metrics.cost.inc({ route, target: labelOf(target) }, costUsd)
  }
}

/** What became of copies of requests. */
export function recordMirrored(
  metrics: Metrics,
  log: MirroredEnd,
): { readonly ended: MirroredEnd; readonly skipped: MirroredSkipped } {
  return {
    ended(event, target) {
      const { route, outcome, durationMs, firstTokenMs, costUsd, attempts } = event
      metrics.mirrored.inc({ route, target: target.id, outcome })
      metrics.mirroredDuration.observe({ target: target.id }, durationMs / 1000)
      if (firstTokenMs !== undefined) metrics.mirroredFirstToken.observe({ target: target.id }, firstTokenMs / 1000)
      const usd = attempts.reduce((sum, { wasted }) => sum + (wasted?.usd ?? 0), costUsd ?? 0)
      if (usd > 0) metrics.mirroredCost.inc({ route, target: target.id }, usd)
      log(event, target)
    },
    skipped: (route, target) => metrics.mirrored.inc({ route, target: target.id, outcome: 'skipped' }),
  }
}

type MirroredEnd = (event: RequestEnded, target: Target) => void
type MirroredSkipped = (route: string, target: Target) => void
