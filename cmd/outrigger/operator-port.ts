import type { Server } from 'node:http'
import { hostname } from 'node:os'
import { createAdmin } from '#admin/admin.ts'
import { configView } from '#admin/config-view.ts'
import { createLive } from '#admin/live.ts'
import { adminRoutes, type Lifecycle, openPaths } from '#admin/routes.ts'
import { type StatusFacts, statusFacts } from '#admin/status-facts.ts'
import { statusView } from '#admin/status-view.ts'
import type { Alerts } from '#health/alerts.ts'
import { explainJson, explainLines } from '#routing/explain.ts'
import { makePlan } from '#routing/plan.ts'
import { inputOfShape, readShape } from '#routing/shape.ts'
import type { Books } from '#telemetry/books.ts'
import { createExposition } from '#telemetry/exposition.ts'
import { planContext, type Shared } from './shared.ts'
import type { StartedCache } from './start-cache.ts'
import type { StartedUsage } from './start-usage.ts'

type ProcessFacts = {
  readonly version: string
  readonly startedAtMs: number
  readonly lifecycle: Lifecycle
  readonly alerts: Alerts
  readonly cache: StartedCache
  readonly usage: StartedUsage
}

/** What there is to be seen of this process. */
export function statusOf({ current, clock, health, recent, admission }: Shared, facts: ProcessFacts, books: Books): StatusFacts {
  books.settle()
  const { version, startedAtMs, lifecycle, alerts, cache, usage } = facts
  return statusFacts({
    instance: hostname(),
    version,
    startedAtMs,
    lifecycle,
    config: current.get(),
    reload: current.lastReload(),
    targets: health.status(clock.now()),
    keys: health.keyStatus(clock.now()),
    recent,
    alerts: alerts.firing(),
    cache: cache.view(),
    usage: usage.days(),
    inFlight: admission.inFlight(),
    queued: admission.queued(),
    wallNowMs: Date.now(),
    nowMs: clock.now(),
  })
}

type OperatorDeps = {
  readonly lifecycle: Lifecycle
  readonly onDrain: () => void
  readonly status: () => StatusFacts
  /** Brings the gauges up to date. */
  readonly sample: () => void
  readonly books: Books
}

/** The port that operators call. */
export function operatorPort(shared: Shared, { lifecycle, onDrain, sample, books, status: facts }: OperatorDeps): Server {
  const { current, log, clock, metrics } = shared
  const expose = createExposition(metrics.registry)
  const status = (): unknown => statusView(facts())
  const routes = adminRoutes({
    lifecycle: () => lifecycle,
    status,
    live: createLive({ clock, read: status }),
    config: () => configView(current.get()),
    metrics(accept) {
      sample()
      return expose(accept)
    },
    explain(value) {
      const shape = readShape(value)
      if (!shape.ok) return { status: 400, body: { error: 'invalid_shape', message: shape.error } }
      const context = planContext(shared)
      const planned = makePlan(inputOfShape(shape.value), current.get(), context)
      return { status: 200, body: { ...Object(explainJson(planned, context)), lines: explainLines(planned, context) } }
    },
    drain: onDrain,
    setLogLevel(level) {
      if (log.levels.values[level] === undefined) return false
      // What has been answered is logged as it was to be until now.
      books.settle()
      log.level = level
      return true
    },
  })
  return createAdmin({
    routes,
    guard: { hosts: () => [hostname(), ...current.get().admin_hosts], open: openPaths },
    onBug: (error) => log.error({ err: error }, 'error inside the admin port'),
  })
}
