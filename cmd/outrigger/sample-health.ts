import type { Current } from '#config/current.ts'
import type { Health } from '#health/registry.ts'
import type { BreakerStateName } from '#health/snapshot.ts'
import type { Clock } from '#lib/clock.ts'
import type { Admission } from '#server/admission.ts'
import type { Metrics } from '#telemetry/metrics.ts'

const stateNumbers: Readonly<Record<BreakerStateName, number>> = { closed: 0, half_open: 1, open: 2 }

export type SampleDeps = {
  readonly current: Current
  readonly health: Health
  readonly admission: Admission
  readonly metrics: Metrics
  readonly clock: Clock
}

/** Brings the gauges up to date; called when they are scraped, so that requests pay nothing for them. */
export function sampleHealth({ current, health, admission, metrics, clock }: SampleDeps): () => void {
  return () => {
    // Only targets of the routing file: models that clients name would be labels without end.
    const named = new Set(current.get().models.flatMap((model) => model.targets.map((target) => target.id)))
    metrics.queueDepth.set(admission.queued())
    // A target that a reload took out of the file has no state any more.
    for (const gauge of [metrics.breakerState, metrics.targetErrorRatio, metrics.targetLatency]) gauge.reset()
    for (const { target, breaker, errorRatio, times } of health.status(clock.now())) {
      if (!named.has(target)) continue
      metrics.breakerState.set({ target }, stateNumbers[breaker])
      metrics.targetErrorRatio.set({ target }, errorRatio)
      const latencyMs = times?.latencyMs()
      if (latencyMs === undefined) continue
      metrics.targetLatency.set({ target, quantile: '0.5' }, latencyMs.p50 / 1000)
      metrics.targetLatency.set({ target, quantile: '0.95' }, latencyMs.p95 / 1000)
      metrics.targetLatency.set({ target, quantile: '0.99' }, latencyMs.p99 / 1000)
    }
  }
}
