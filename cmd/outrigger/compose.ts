import type { Server } from 'node:http'
import { createAdmin } from '#admin/admin.ts'
import { configView } from '#admin/config-view.ts'
import { adminRoutes, type Lifecycle } from '#admin/routes.ts'
import { statusView } from '#admin/status-view.ts'
import type { Current } from '#config/current.ts'
import { openaiChat } from '#dialect/openai-chat/index.ts'
import { dialects } from '#dialect/registry.ts'
import { createHealth, type Health } from '#health/registry.ts'
import { type Clock, createClock } from '#lib/clock.ts'
import { createIds } from '#lib/ids.ts'
import { priceOf } from '#pricing/catalogue.ts'
import { costOf } from '#pricing/price.ts'
import type { RelayDeps } from '#relay/deps.ts'
import { relay } from '#relay/relay.ts'
import { createRetryBudget } from '#relay/retry-budget.ts'
import { makePlan } from '#routing/plan.ts'
import { type Admission, createAdmission } from '#server/admission.ts'
import { createListener, type Listener } from '#server/listener.ts'
import { createRouter } from '#server/routes.ts'
import { logAccess } from '#telemetry/access-log.ts'
import type { Logger } from '#telemetry/log.ts'
import { createMetrics, type Metrics } from '#telemetry/metrics.ts'
import { recordMetrics } from '#telemetry/record-metrics.ts'
import { createPools, type Pools } from '#upstream/pools.ts'
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

/** What the rooms share. */
type Shared = {
  readonly current: Current
  readonly log: Logger
  readonly clock: Clock
  readonly metrics: Metrics
  readonly health: Health
  readonly pools: Pools
  readonly admission: Admission
}

/** THE wiring: builds every room from the configuration; the only place that knows them all. */
export function compose({ current, log, version, onDrain }: RuntimeOptions): Runtime {
  const clock = createClock()
  const lifecycle = { started: false, draining: false }
  const shared: Shared = {
    current,
    log,
    clock,
    metrics: createMetrics(version),
    health: createHealth(current.get(), { random: Math.random }),
    pools: createPools({ connectTimeoutMs: current.get().timeouts.connect }),
    admission: createAdmission(() => {
      const { max_concurrent, queue, queue_timeout } = current.get().limits
      return { maxConcurrent: max_concurrent, queue, queueTimeoutMs: queue_timeout }
    }, clock),
  }
  observeReloads(shared)
  shared.health.onTransition(({ target, from, to, reason }) =>
    log.warn({ target, from, to, reason }, `breaker ${to === 'half_open' ? 'half-open' : to}`),
  )
  const prober = startProber(shared)
  return {
    listener: clientPort(shared),
    admin: operatorPort(shared, { version, startedAtMs: Date.now(), lifecycle, onDrain }),
    health: shared.health,
    lifecycle,
    async close() {
      prober.stop()
      await shared.pools.close()
    },
  }
}

function relayDeps({ current, log, clock, metrics, health, pools }: Shared): RelayDeps {
  const prices = priceOf(current.get)
  return {
    config: current.get,
    plan: (input, config) =>
      makePlan(input, config, { snapshot: health.snapshot(clock.now()), nowMs: clock.now(), random: Math.random }),
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
}

function clientPort(shared: Shared): Listener {
  const { current, log, clock, metrics, admission } = shared
  const deps = relayDeps(shared)
  return createListener({
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
      log.info(
        {
          request_id: requestId,
          dialect: dialect.name,
          status,
          code: error.code,
          duration_ms: durationMs,
          reason: error.message,
        },
        'request refused',
      )
    },
    onBug: (error, requestId) => log.error({ request_id: requestId, err: error }, 'error inside the relay'),
  })
}

type OperatorFacts = {
  readonly version: string
  readonly startedAtMs: number
  readonly lifecycle: Lifecycle
  readonly onDrain: () => void
}

function operatorPort(
  { current, log, clock, metrics, health, admission }: Shared,
  { version, startedAtMs, lifecycle, onDrain }: OperatorFacts,
): Server {
  const sample = sampleHealth(health, admission, metrics, clock)
  const status = (): unknown =>
    statusView({
      version,
      startedAtMs,
      lifecycle,
      config: current.get(),
      reload: current.lastReload(),
      targets: health.status(clock.now()),
      inFlight: admission.inFlight(),
      queued: admission.queued(),
    })
  const routes = adminRoutes({
    lifecycle: () => lifecycle,
    status,
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
  })
  return createAdmin(routes, (error) => log.error({ err: error }, 'error inside the admin port'))
}
