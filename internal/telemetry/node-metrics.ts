import { monitorEventLoopDelay } from 'node:perf_hooks'
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client'

/** How often the event loop is looked at, in milliseconds: often enough to see stalls, 0.15 % of a core when idle. */
const sampleMs = 20
// prom-client's own monitor cannot be left out; this makes it rare.
const unusedSampleMs = 60_000

/** What prom-client measures of the event loop, but with its own waiting counted as delay. */
const misleading: readonly string[] = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'].map(
  (name) => `nodejs_eventloop_lag_${name}_seconds`,
)

/** Node's own metrics under their usual names, which ready-made dashboards know: CPU, memory, heap, GC, event loop. */
export function collectNodeMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: unusedSampleMs })
  for (const name of misleading) registry.removeSingleMetric(name)
  const delays = monitorEventLoopDelay({ resolution: sampleMs })
  delays.enable()
  new Gauge({
    name: 'nodejs_eventloop_delay_seconds',
    help: 'How late timers fired since the last scrape.',
    labelNames: ['quantile'],
    registers: [registry],
    collect() {
      // Without samples, right after a scrape, the histogram has no numbers.
      const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e9 - sampleMs / 1000) || 0
      for (const quantile of [0.5, 0.9, 0.99]) this.set({ quantile }, late(delays.percentile(100 * quantile)))
      this.set({ quantile: 1 }, delays.count === 0 ? 0 : late(delays.max))
      delays.reset()
    },
  })
}
