import type { Current } from '#config/current.ts'
import type { Recent } from '#health/recent.ts'
import type { Health } from '#health/registry.ts'
import type { Clock } from '#lib/clock.ts'
import type { Prices } from '#pricing/catalogue.ts'
import type { UsualOutput } from '#pricing/usual-output.ts'
import type { Affinity } from '#routing/affinity.ts'
import type { PlanContext } from '#routing/plan-context.ts'
import type { Admission } from '#server/admission.ts'
import type { Logger } from '#telemetry/log.ts'
import type { Metrics } from '#telemetry/metrics.ts'
import type { Pools } from '#upstream/pools.ts'

/** What the rooms share. */
export type Shared = {
  readonly current: Current
  readonly log: Logger
  readonly clock: Clock
  readonly metrics: Metrics
  readonly health: Health
  readonly recent: Recent
  readonly pools: Pools
  readonly admission: Admission
  readonly prices: Prices
  readonly affinity: Affinity
  readonly usual: UsualOutput
}

/** What real requests are planned with, and imagined ones explained. */
export function planContext({ clock, health, prices, affinity, usual }: Shared): PlanContext {
  const nowMs = clock.now()
  return {
    snapshot: health.snapshot(nowMs),
    nowMs,
    wallNowMs: Date.now(),
    random: Math.random,
    offerOf: prices.offerOf,
    readBy: affinity.readBy,
    usualOutput: usual.of,
  }
}

/** Tells of errors that only a bug explains. */
export function bugLogger(log: Logger): (error: unknown, requestId: string) => void {
  return (error, requestId) => log.error({ request_id: requestId, err: error }, 'error inside the relay')
}
