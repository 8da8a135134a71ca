import type { Observer, RequestEnded } from '#canonical/observe.ts'
import type { Clients } from '#clients/clients.ts'
import { openaiChat } from '#dialect/openai-chat/index.ts'
import { dialects } from '#dialect/registry.ts'
import type { Alerts } from '#health/alerts.ts'
import { createIds } from '#lib/ids.ts'
import { estimateInput } from '#pricing/estimate-tokens.ts'
import type { RelayDeps } from '#relay/deps.ts'
import { forward } from '#relay/forward.ts'
import { createHedgeBudget } from '#relay/hedge-budget.ts'
import { createMirror } from '#relay/mirror.ts'
import { relay } from '#relay/relay.ts'
import { createRetryBudget } from '#relay/retry-budget.ts'
import { createSignatureVault } from '#relay/signatures.ts'
import { createToldItems } from '#relay/told-items.ts'
import { makePlan } from '#routing/plan.ts'
import { createListener, type Listener } from '#server/listener.ts'
import { createRouter } from '#server/routes.ts'
import { logAccess, logEmbedded, logMirrored } from '#telemetry/access-log.ts'
import { type Books, keepBooks } from '#telemetry/books.ts'
import { countEmbedded, recordMetrics, recordMirrored } from '#telemetry/record-metrics.ts'
import type { Tracing } from '#telemetry/tracing.ts'
import type { Guard } from './guard-reloads.ts'
import { readAheadFor } from './read-ahead.ts'
import { bugLogger, planContext, type Shared } from './shared.ts'
import type { StartedCache } from './start-cache.ts'
import { reserveFor } from './start-clients.ts'
import { startGuardrails } from './start-guardrails.ts'
import type { StartedUsage } from './start-usage.ts'

/** What stands around the relay's attempts. */
type Guards = {
  readonly clients: Clients
  readonly cache: StartedCache
  readonly books: Books
}

type Bookkeepers = {
  readonly alerts: Alerts
  readonly guard: Guard
  readonly usage: StartedUsage
  /** The other workers. */
  readonly others: Observer | undefined
}

/** Who writes down what has happened. */
export function startBooks({ log, metrics, recent }: Shared, { alerts, guard, usage, others }: Bookkeepers): Books {
  const told = bugLogger(log)
  return keepBooks(
    [
      recent.observe,
      guard.observe,
      alerts.observe,
      recordMetrics(metrics),
      logAccess(log),
      usage.observe,
      ...(others === undefined ? [] : [others]),
    ],
    (error) => told(error, ''),
  )
}

/** What the relay needs of all the rooms. */
export function relayDeps(shared: Shared, { clients, cache, books }: Guards): RelayDeps {
  const { current, log, clock, metrics, health, pools, prices, affinity } = shared
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
    // The next plan depends on the first three.
    observers: [health.observe, clients.observe, shared.usual.observe, books.observe],
    clock,
    nowSeconds: () => Math.floor(Date.now() / 1000),
    random: Math.random,
  }
  return { ...deps, mirror: createMirror(deps, { ...recordMirrored(metrics, logMirrored(log)), bug: bugLogger(log) }) }
}

/** What the vectors of the semantic cache cost is no request of a client, but on its account and in the books all the same. */
export function recordEmbedded(
  { metrics, log, recent }: Shared,
  usage: StartedUsage,
  clients: Clients,
): (event: RequestEnded) => void {
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

type ClientSide = { readonly deps: RelayDeps; readonly clients: Clients; readonly tracing: Tracing }

/** The port that clients call. */
export function clientPort(shared: Shared, { deps, clients, tracing }: ClientSide): Listener {
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
