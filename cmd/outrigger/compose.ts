import type { Server } from 'node:http'
import { hostname } from 'node:os'
import { createAdmin } from '#admin/admin.ts'
import { configView } from '#admin/config-view.ts'
import { createLive } from '#admin/live.ts'
import { adminRoutes, type Lifecycle, openPaths } from '#admin/routes.ts'
import { type StatusFacts, statusFacts } from '#admin/status-facts.ts'
import { statusView } from '#admin/status-view.ts'
import type { Observer, RequestEnded } from '#canonical/observe.ts'
import type { Clients } from '#clients/clients.ts'
import type { Current } from '#config/current.ts'
import { openaiChat } from '#dialect/openai-chat/index.ts'
import { dialects } from '#dialect/registry.ts'
import type { Alerts } from '#health/alerts.ts'
import { createRecent, type Recent } from '#health/recent.ts'
import { createHealth, type Health } from '#health/registry.ts'
import { type Clock, createClock } from '#lib/clock.ts'
import { createIds } from '#lib/ids.ts'
import { createPrices, type Prices } from '#pricing/catalogue.ts'
import { estimateInput } from '#pricing/estimate-tokens.ts'
import { createUsualOutput, type UsualOutput } from '#pricing/usual-output.ts'
import type { RelayDeps } from '#relay/deps.ts'
import { createEmbedder } from '#relay/embed.ts'
import { forward } from '#relay/forward.ts'
import { createHedgeBudget } from '#relay/hedge-budget.ts'
import { createMirror } from '#relay/mirror.ts'
import { relay } from '#relay/relay.ts'
import { createRetryBudget } from '#relay/retry-budget.ts'
import { createSignatureVault } from '#relay/signatures.ts'
import { createToldItems } from '#relay/told-items.ts'
import { type Affinity, createAffinity } from '#routing/affinity.ts'
import { explainJson, explainLines } from '#routing/explain.ts'
import { makePlan } from '#routing/plan.ts'
import type { PlanContext } from '#routing/plan-context.ts'
import { inputOfShape, readShape } from '#routing/shape.ts'
import { type Admission, createAdmission } from '#server/admission.ts'
import { createListener, type Listener } from '#server/listener.ts'
import { createRouter } from '#server/routes.ts'
import { logAccess, logEmbedded, logMirrored } from '#telemetry/access-log.ts'
import { createExposition } from '#telemetry/exposition.ts'
import type { Logger } from '#telemetry/log.ts'
import { createMetrics, type Metrics } from '#telemetry/metrics.ts'
import { countEmbedded, recordMetrics, recordMirrored } from '#telemetry/record-metrics.ts'
import type { Tracing } from '#telemetry/tracing.ts'
import { createPools, type Pools } from '#upstream/pools.ts'
import { type Guard, guardReloads } from './guard-reloads.ts'
import { addressesOf, observeReloads } from './observe-reloads.ts'
import type { OpenedStore } from './open-store.ts'
import { readAheadFor } from './read-ahead.ts'
import { sampleHealth } from './sample-health.ts'
import { shareHints } from './share-hints.ts'
import { startAlerts } from './start-alerts.ts'
import { type StartedCache, startCache } from './start-cache.ts'
import { reserveFor, startClients } from './start-clients.ts'
import { startGuardrails } from './start-guardrails.ts'
import { startProber } from './start-prober.ts'
import { startTracing } from './start-tracing.ts'
import { type StartedUsage, startUsage } from './start-usage.ts'
import type { Worker } from './worker.ts'

export type RuntimeOptions = {
  readonly current: Current
  readonly log: Logger
  readonly version: string
  /** Where limits and budgets are counted. */
  readonly opened: OpenedStore
  /** Set when several processes share the clients' port. */
  readonly worker?: Worker | undefined
  /** Called by `POST /drain`. */
  readonly onDrain: () => void
}

export type Runtime = {
  readonly listener: Listener
  readonly admin: Server
  readonly health: Health
  readonly lifecycle: { started: boolean; draining: boolean }
  /** Resolves when requests are traced, where they are to be. */
  readonly traced: Promise<void>
  /** Loads what is not needed to listen: what speaks to providers, the price catalogue. */
  readonly warmUp: () => Promise<void>
  /** Whether no request is under way. */
  readonly idle: () => boolean
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
  readonly recent: Recent
  readonly pools: Pools
  readonly admission: Admission
  readonly prices: Prices
  readonly affinity: Affinity
  readonly usual: UsualOutput
}

/** THE wiring: builds every room from the configuration; the only place that knows them all. */
export function compose({ current, log, version, opened, worker, onDrain }: RuntimeOptions): Runtime {
  const clock = createClock()
  const lifecycle = { started: false, draining: false }
  const shared: Shared = {
    current,
    log,
    clock,
    metrics: createMetrics(version),
    health: createHealth(current.get(), { random: Math.random }),
    recent: createRecent({ clock, wallNowMs: Date.now }),
    pools: createPools({ connectTimeoutMs: current.get().timeouts.connect }),
    admission: createAdmission(() => {
      const { max_concurrent, queue, queue_timeout, max_lag } = current.get().limits
      return { maxConcurrent: max_concurrent, queue, queueTimeoutMs: queue_timeout, maxLagMs: max_lag }
    }, clock),
    prices: createPrices(current.get),
    affinity: createAffinity(clock.now),
    usual: createUsualOutput(),
  }
  observeReloads(shared)
  shared.health.onTransition(({ target, from, to, reason }) =>
    log.warn({ target, from, to, reason }, `breaker ${to === 'half_open' ? 'half-open' : to}`),
  )
  const prober = startProber({ ...shared, worker })
  shareHints({ ...shared, bus: opened.bus })
  const alerts = startAlerts({ ...shared, worker })
  const clients = startClients({ current, metrics: shared.metrics, opened, alerts, log })
  const guard = guardReloads({
    ...shared,
    alerts,
    onTakenBack: worker?.reloads.tellTakenBack,
    onKept: worker?.reloads.tellKept,
  })
  worker?.reloads.follow({ current, guard })
  const usage = startUsage(shared)
  const cache = startCache({ ...shared, opened, embed: (order) => embed(order) })
  const tracing = startTracing({ ...shared, version })
  const sampleTargets = sampleHealth(shared)
  const sample = (): void => {
    sampleTargets()
    cache.sample()
    usage.sample()
  }
  const facts = { version, startedAtMs: Date.now(), lifecycle, alerts, cache, usage }
  const status = (): StatusFacts => statusOf(shared, facts)
  const others = worker?.share({ ...shared, alerts, sample, status })
  const deps = relayDeps(shared, { alerts, clients, cache, guard, usage, others })
  const onAccount = reserveFor(clients, shared.prices, { usual: shared.usual, budgetsOnly: true })
  const embed = createEmbedder({ ...deps, reserve: onAccount }, recordEmbedded(shared, usage, clients))
  return {
    listener: clientPort(shared, { deps, clients, tracing }),
    admin: operatorPort(shared, { lifecycle, onDrain, status, sample }),
    health: shared.health,
    lifecycle,
    traced: tracing.ready,
    async warmUp() {
      shared.metrics.collectNode()
      for (const address of addressesOf(shared.current.get())) shared.pools.to(address)
      await shared.prices.load()
    },
    idle: () => shared.admission.inFlight() === 0,
    async close() {
      prober.stop()
      alerts.stop()
      guard.stop()
      await Promise.all([shared.pools.close(), opened.store.close(), tracing.close(), usage.close()])
    },
  }
}

/** What stands around the relay's attempts. */
type Guards = {
  readonly alerts: Alerts
  readonly clients: Clients
  readonly cache: StartedCache
  readonly guard: Guard
  readonly usage: StartedUsage
  /** The other workers. */
  readonly others: Observer | undefined
}

/** What real requests are planned with, and imagined ones explained. */
function planContext({ clock, health, prices, affinity, usual }: Shared): PlanContext {
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

function relayDeps(shared: Shared, { alerts, clients, cache, guard, usage, others }: Guards): RelayDeps {
  const { current, log, clock, metrics, health, recent, pools, prices, affinity } = shared
  const deps: RelayDeps = {
    config: current.get,
    plan: (input, config) => makePlan(input, config, planContext(shared)),
    readAhead: readAheadFor(affinity),
    pools,
    health,
    retryBudget: createRetryBudget(() => current.get().retry.budget),
    hedgeBudget: createHedgeBudget(() => current.get().hedge?.at_most ?? 0),
    signatures: createSignatureVault(clock.now),
    items: createToldItems(clock.now),
    estimateInput,
    costOf: prices.cost,
    served: ({ request }, target, usage) => affinity.served(request, target, usage),
    reserve: reserveFor(clients, prices, { usual: shared.usual }),
    cache: cache.enter,
    observers: [
      health.observe,
      recent.observe,
      clients.observe,
      shared.usual.observe,
      guard.observe,
      alerts.observe,
      recordMetrics(metrics),
      logAccess(log),
      usage.observe,
      ...(others === undefined ? [] : [others]),
    ],
    clock,
    nowSeconds: () => Math.floor(Date.now() / 1000),
    random: Math.random,
  }
  return { ...deps, mirror: createMirror(deps, { ...recordMirrored(metrics, logMirrored(log)), bug: bugLogger(log) }) }
}

/** What the vectors of the semantic cache cost is no request of a client, but on its account and in the books all the same. */
function recordEmbedded({ metrics, log, recent }: Shared, usage: StartedUsage, clients: Clients): (event: RequestEnded) => void {
  const count = countEmbedded(metrics)
  const tell = logEmbedded(log)
  return (event) => {
    clients.observe(event)
    count(event)
    tell(event)
    recent.spent(event)
    usage.embedded(event)
  }
}

function bugLogger(log: Logger): (error: unknown, requestId: string) => void {
  return (error, requestId) => log.error({ request_id: requestId, err: error }, 'error inside the relay')
}

type ClientSide = { readonly deps: RelayDeps; readonly clients: Clients; readonly tracing: Tracing }

function clientPort(shared: Shared, { deps, clients, tracing }: ClientSide): Listener {
  const { current, log, clock, metrics, admission } = shared
  return createListener({
    config: current.get,
    router: createRouter(dialects),
    fallbackDialect: openaiChat,
    relay: (exchange) => relay(exchange, deps),
    forward: (request) => forward(request, deps),
    plan: deps.plan,
    estimateTokens: estimateInput,
    recall: (dialect, body, client) => dialect.references?.resolve(body, (id) => deps.items?.find(client, id)) ?? body,
    admission,
    guard: startGuardrails(shared),
    identify: clients.identify,
    tracer: tracing.tracer,
    clock,
    newId: createIds(),
    onRejected: ({ dialect, requestId, status, error, durationMs, traceId }) => {
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
          trace_id: traceId,
        },
        'request refused',
      )
    },
    onBug: bugLogger(log),
  })
}

type ProcessFacts = {
  readonly version: string
  readonly startedAtMs: number
  readonly lifecycle: Lifecycle
  readonly alerts: Alerts
  readonly cache: StartedCache
  readonly usage: StartedUsage
}

function statusOf({ current, clock, health, recent, admission }: Shared, facts: ProcessFacts): StatusFacts {
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
}

function operatorPort(shared: Shared, { lifecycle, onDrain, sample, status: facts }: OperatorDeps): Server {
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
