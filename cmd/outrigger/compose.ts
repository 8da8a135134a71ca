import type { Server } from 'node:http'
import type { StatusFacts } from '#admin/status-facts.ts'
import type { Config } from '#config/config.ts'
import type { Current } from '#config/current.ts'
import { createRecent } from '#health/recent.ts'
import { createHealth, type Health } from '#health/registry.ts'
import { createClock } from '#lib/clock.ts'
import { createPrices } from '#pricing/catalogue.ts'
import { createUsualOutput } from '#pricing/usual-output.ts'
import { createEmbedder } from '#relay/embed.ts'
import { createAffinity } from '#routing/affinity.ts'
import { type AdmissionLimits, createAdmission } from '#server/admission.ts'
import type { Listener } from '#server/listener.ts'
import type { Logger } from '#telemetry/log.ts'
import { createMetrics } from '#telemetry/metrics.ts'
import { createPools } from '#upstream/pools.ts'
import { clientPort, recordEmbedded, relayDeps, startBooks } from './client-port.ts'
import { type GroupShare, partOf } from './group-share.ts'
import { guardReloads } from './guard-reloads.ts'
import { addressesOf, observeReloads } from './observe-reloads.ts'
import type { OpenedStore } from './open-store.ts'
import { operatorPort, statusOf } from './operator-port.ts'
import { sampleHealth } from './sample-health.ts'
import { shareHints } from './share-hints.ts'
import type { Shared } from './shared.ts'
import { startAlerts } from './start-alerts.ts'
import { startCache } from './start-cache.ts'
import { reserveFor, startClients } from './start-clients.ts'
import { startProber } from './start-prober.ts'
import { startTracing } from './start-tracing.ts'
import { startUsage } from './start-usage.ts'
import type { Worker } from './worker.ts'

export type RuntimeOptions = {
  readonly current: Current
  readonly log: Logger
  readonly version: string
  /** Where limits and budgets are counted. */
  readonly opened: OpenedStore
  /** Set when several processes share the clients' port. */
  readonly worker?: Worker | undefined
  /** This process's part of what the file allows all of them. */
  readonly share?: GroupShare | undefined
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
  /** Requests under way. */
  readonly inFlight: () => number
  /** Ends what runs in the background and closes the connections to providers. */
  readonly close: () => Promise<void>
}

/** THE wiring: builds every room from the configuration; the only place that knows them all. */
export function compose({ current, log, version, opened, worker, share, onDrain }: RuntimeOptions): Runtime {
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
    admission: createAdmission(() => admissionLimits(current.get(), share), clock),
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
  const usage = startUsage(shared)
  const cache = startCache({ ...shared, opened, embed: (order) => embed(order) })
  const tracing = startTracing({ ...shared, version })
  const sampleTargets = sampleHealth(shared)
  const sample = (): void => {
    books.settle()
    sampleTargets()
    cache.sample()
    usage.sample()
  }
  const facts = { version, startedAtMs: Date.now(), lifecycle, alerts, cache, usage }
  const status = (): StatusFacts => statusOf(shared, facts, books)
  const others = worker?.share({ ...shared, guard, prober, alerts, sample, status })
  const books = startBooks(shared, { alerts, guard, usage, others })
  const deps = relayDeps(shared, { clients, cache, books })
  const onAccount = reserveFor(clients, shared.prices, { usual: shared.usual, budgetsOnly: true })
  const embed = createEmbedder({ ...deps, reserve: onAccount }, recordEmbedded(shared, usage, clients))
  return {
    listener: clientPort(shared, { deps, clients, tracing }),
    admin: operatorPort(shared, { lifecycle, onDrain, status, sample, books }),
    health: shared.health,
    lifecycle,
    traced: tracing.ready,
    async warmUp() {
      shared.metrics.collectNode()
      for (const address of addressesOf(shared.current.get())) shared.pools.to(address)
      await shared.prices.load()
    },
    inFlight: shared.admission.inFlight,
    async close() {
      books.settle()
      prober.stop()
      alerts.stop()
      guard.stop()
      await Promise.all([shared.pools.close(), opened.store.close(), tracing.close(), usage.close()])
    },
  }
}

const alone: GroupShare = { index: 0, of: 1 }

function admissionLimits({ limits }: Config, share = alone): AdmissionLimits {
  const { max_concurrent, queue, queue_timeout, max_lag } = limits
  return {
    maxConcurrent: partOf(max_concurrent, share),
    queue: partOf(queue, share),
    queueTimeoutMs: queue_timeout,
    maxLagMs: max_lag,
  }
}
