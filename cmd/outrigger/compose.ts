import type { Server } from 'node:http'
import { createAdmin } from '#admin/admin.ts'
import { configView } from '#admin/config-view.ts'
import { adminRoutes } from '#admin/routes.ts'
import { statusView } from '#admin/status-view.ts'
import type { Current } from '#config/current.ts'
import { openaiChat } from '#dialect/openai-chat/index.ts'
import { dialects } from '#dialect/registry.ts'
import { createHealth, type Health } from '#health/registry.ts'
import { createClock } from '#lib/clock.ts'
import { createIds } from '#lib/ids.ts'
import { priceOf } from '#pricing/catalogue.ts'
import { costOf } from '#pricing/price.ts'
import type { RelayDeps } from '#relay/deps.ts'
import { relay } from '#relay/relay.ts'
import { createRetryBudget } from '#relay/retry-budget.ts'
import { makePlan } from '#routing/plan.ts'
import { createAdmission } from '#server/admission.ts'
import { createListener, type Listener } from '#server/listener.ts'
import { createRouter } from '#server/routes.ts'
import { logAccess } from '#telemetry/access-log.ts'
import type { Logger } from '#telemetry/log.ts'
import { createMetrics } from '#telemetry/metrics.ts'
import { recordMetrics } from '#telemetry/record-metrics.ts'
import { createPools } from '#upstream/pools.ts'
import { observeReloads } from './observe-reloads.ts'
import { sampleHealth } from './sample-health.ts'
import { startProber } from './start-prober.ts'

export type RuntimeOptions = {
  readonly current: Current
  readonly log: Logger
  readonly version: string
  /** Called by `POST /drain`. */
  readonly onDrain: () => void
}

export type Runtime = {
  readonly listener: Listener
  readonly admin: Server
  readonly health: Health
  readonly lifecycle: { started: boolean; draining: boolean }
  /** Ends what runs in the background and closes the connections to providers. */
  readonly close: () => Promise<void>
}

/** THE wiring: builds every room from the configuration; the only place that knows them all. */
export function compose({ current, log, version, onDrain }: RuntimeOptions): Runtime {
  const clock = createClock()
  const startedAtMs = Date.now()
  const lifecycle = { started: false, draining: false }
  const metrics = createMetrics(version)
  const health = createHealth(current.get(), { random: Math.random })
  const pools = createPools({ connectTimeoutMs: current.get().timeouts.connect })
  const prices = priceOf(current.get)

  const deps: RelayDeps = {
    config: current.get,
    plan: (input, config) => makePlan(input, config, { snapshot: health.snapshot(clock.now()), nowMs: clock.now(), random: Math.random }),
    pools,
    health,
    retryBudget: createRetryBudget(() => current.get().retry.budget),
    costOf: (target, usage) => {
      const price = prices(target)
      return price === undefined ? undefined : costOf(price, usage)
    },
    observers: [health.observe, recordMetrics(metrics), logAccess(log)],
    clock,
    nowSeconds: () => Math.floor(Date.now() / 1000),
    random: Math.random,
  }
  const admission = createAdmission(() => {
    const { max_concurrent, queue, queue_timeout } = current.get().limits
    return { maxConcurrent: max_concurrent, queue, queueTimeoutMs: queue_timeout }
  }, clock)
  const listener = createListener({
    config: current.get,
    router: createRouter(dialects),
    fallbackDialect: openaiChat,
    relay: (exchange) => relay(exchange, deps),
    admission,
    clock,
    newId: createIds(),
    onRejected: ({ dialect, requestId, status, error, durationMs }) => {
      metrics.requests.inc({ route: '', dialect: dialect.name, target: '', outcome: 'rejected', status: String(status) })
      if (error.kind === 'queue_full') metrics.shed.inc({ reason: error.code })
      log.info({ request_id: requestId, dialect: dialect.name, status, code: error.code, duration_ms: durationMs, reason: error.message }, 'request refused')
    },
    onBug: (error, requestId) => log.error({ request_id: requestId, err: error }, 'error inside the relay'),
  })
  const sample = sampleHealth(health, admission, metrics, clock)
  const admin = createAdmin(
    adminRoutes({
      lifecycle: () => lifecycle,
      status: () => statusView({ version, startedAtMs, lifecycle, config: current.get(), reload: current.lastReload(), targets: health.status(clock.now()), inFlight: admission.inFlight(), queued: admission.queued() }),
      config: () => configView(current.get()),
      metrics: async () => {
        sample()
        return { contentType: metrics.registry.contentType, body: await metrics.registry.metrics() }
      },
      drain: onDrain,
      setLogLevel(level) {
        if (log.levels.values[level] === undefined) return false
        log.level = level
        return true
      },
    }),
    (error) => log.error({ err: error }, 'error inside the admin port'),
  )
  observeReloads({ current, health, pools, metrics, log })
  health.onTransition(({ target, from, to, reason }) => log.warn({ target, from, to, reason }, `breaker ${to === 'half_open' ? 'half-open' : to}`))
  const prober = startProber({ current, health, pools, metrics, clock, log })
  return {
    listener,
    admin,
    health,
    lifecycle,
    async close() {
      prober.stop()
      await pools.close()
    },
  }
}
