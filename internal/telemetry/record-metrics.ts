import type { Observer, RelayEvent, RequestEnded } from '#canonical/observe.ts'
import type { Target } from '#canonical/plan.ts'
import type { Metrics } from './metrics.ts'

/** Turns what the relay tells into metrics. Labels come from the routing file and from closed sets, never from a client. */
export function recordMetrics(metrics: Metrics): Observer {
  return (event) => {
    switch (event.kind) {
      case 'request_started':
        return metrics.inFlight.inc()
      case 'attempt_started':
      case 'first_token':
        return
      case 'attempt_ended':
        return recordAttempt(metrics, event)
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
        return recordRequest(metrics, event)
    }
  }
}

function recordAttempt(metrics: Metrics, event: Extract<RelayEvent, { kind: 'attempt_ended' }>): void {
  const target = labelOf(event.target)
  metrics.attempts.inc({ target, outcome: event.outcome })
  if (event.firstTokenMs !== undefined) metrics.timeToFirstToken.observe({ target }, event.firstTokenMs / 1000)
  const { usage, wasted } = event
  if (wasted !== undefined) metrics.wastedCost.inc({ reason: wasted.reason }, wasted.usd)
  if (usage === undefined) return
  metrics.tokens.inc({ target, type: 'input' }, usage.input)
  metrics.tokens.inc({ target, type: 'output' }, usage.output)
  if (usage.cacheRead > 0) metrics.tokens.inc({ target, type: 'cache_read' }, usage.cacheRead)
  if (usage.cacheWrite > 0) metrics.tokens.inc({ target, type: 'cache_write' }, usage.cacheWrite)
  if (usage.reasoning > 0) metrics.tokens.inc({ target, type: 'reasoning' }, usage.reasoning)
}

function recordRequest(metrics: Metrics, event: RequestEnded): void {
  const { route, dialect, outcome } = event
  const target = event.target === undefined ? '' : labelOf(event.target)
  metrics.inFlight.dec()
  metrics.requests.inc({ route, dialect, target, outcome, status: String(event.status) })
  metrics.requestDuration.observe({ route, outcome }, event.durationMs / 1000)
  metrics.overhead.observe(event.overheadMs / 1000)
  if (event.cache !== undefined) metrics.cacheRequests.inc({ result: event.cache })
  if (event.streamOutcome !== undefined) metrics.streamOutcomes.inc({ dialect, target, outcome: event.streamOutcome })
  recordMoney(metrics, event, target)
}

function recordMoney(metrics: Metrics, event: RequestEnded, target: string): void {
  const { route, costUsd, savedUsd = 0, promptCacheSavedUsd = 0 } = event
  if (promptCacheSavedUsd > 0) metrics.promptCacheSaved.inc({ target }, promptCacheSavedUsd)
  else if (promptCacheSavedUsd < 0) metrics.promptCacheExtra.inc({ target }, -promptCacheSavedUsd)
  if (costUsd !== undefined) metrics.cost.inc({ route, target }, costUsd)
  if (savedUsd > 0) metrics.saved.inc({ route }, savedUsd)
  else if (savedUsd < 0) metrics.extraCost.inc({ route }, -savedUsd)
}

/** What became of the vectors that the semantic cache asked for; attempts and tokens are counted with all others. */
export function countEmbedded(metrics: Metrics): (event: RequestEnded) => void {
  return ({ route, target, outcome, durationMs, costUsd }) => {
    metrics.cacheEmbeddings.inc({ outcome })
    metrics.cacheEmbeddingDuration.observe(durationMs / 1000)
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

/** Models that clients name are unbounded: their targets share a label. */
function labelOf({ label, id }: Target): string {
  return label ?? id
}
