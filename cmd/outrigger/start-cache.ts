import type { CacheView } from '#admin/status-facts.ts'
import { createCache } from '#cache/cache.ts'
import { createSemanticCache } from '#cache/semantic.ts'
import { createMemoryVectors } from '#cache/vectors.ts'
import type { Plan } from '#canonical/plan.ts'
import type { Config } from '#config/config.ts'
import type { Current } from '#config/current.ts'
import type { Clock } from '#lib/clock.ts'
import { reasonOf } from '#lib/reason.ts'
import { largeBytes } from '#lib/slices/turn.ts'
import type { RelayDeps } from '#relay/deps.ts'
import type { Embedder } from '#relay/embed.ts'
import type { Exchange } from '#relay/exchange.ts'
import type { Logger } from '#telemetry/log.ts'
import type { Metrics } from '#telemetry/metrics.ts'
import { chooseVectors } from './choose-vectors.ts'
import type { OpenedStore } from './open-store.ts'
import { quietly } from './quietly.ts'
import { turnsFor } from './read-ahead.ts'

export type StartCacheDeps = {
  readonly current: Current
  readonly opened: OpenedStore
  readonly log: Logger
  readonly clock: Clock
  readonly metrics: Metrics
  /** Makes vectors with a model of the relay. */
  readonly embed: Embedder
}

/** The cache as the relay asks it. */
export type StartedCache = {
  readonly enter: NonNullable<RelayDeps['cache']>
  /** For `/status`; undefined while it is off. */
  readonly view: () => CacheView | undefined
  /** Brings its gauges up to date. */
  readonly sample: () => void
}

/** Kept answers: in memory, and in the store that instances share. */
export function startCache({ current, opened, log, clock, metrics, embed }: StartCacheDeps): StartedCache {
  const onFailure = quietly<unknown>((error) => log.warn({ reason: reasonOf(error) }, 'the shared cache does not answer'))
  const memory = createMemoryVectors(() => current.get().cache?.semantic?.max_size ?? 0)
  const index = chooseVectors({
    memory,
    shared: opened.sharedVectors,
    onChosen: (place) =>
      place === 'redis'
        ? log.info({ vectors: place }, 'vectors of the semantic cache are shared')
        : log.warn({ vectors: place }, 'the Redis server has no vector sets (Redis 8): each instance keeps vectors of its own'),
    nowMs: clock.now,
  })
  const answers = createCache({
    settings: () => current.get().cache,
    shared: opened.sharedCache,
    semantic: createSemanticCache({
      settings() {
        const { cache } = current.get()
        return cache?.semantic === undefined ? undefined : { threshold: cache.semantic.threshold, ttl: cache.ttl }
      },
      async embed(text, { hints, requestId }) {
        const semantic = current.get().cache?.semantic
        if (semantic === undefined) return undefined
        const { model, timeout } = semantic
        return await embed({ text, model, timeoutMs: timeout, requestId, hints })
      },
      index,
      onFailure,
    }),
    onFailure,
  })
  return {
    view() {
      const { cache } = current.get()
      if (cache === undefined) return undefined
      const semantic = cache.semantic === undefined ? {} : { semantic: { vectors: index.place(), bytes: memory.bytes() } }
      return { entries: answers.entries(), bytes: answers.bytes(), max_bytes: cache.max_size, ...semantic }
    },
    sample() {
      metrics.cacheBytes.set({ kind: 'answers' }, answers.bytes())
      metrics.cacheBytes.set({ kind: 'vectors' }, memory.bytes())
      metrics.cacheEntries.set(answers.entries())
    },
    enter(exchange, plan) {
      const config = current.get()
      if (config.cache === undefined || !isWanted(plan, config)) return undefined
      return answers.enter(exchange.request, {
        route: plan.route,
        hints: exchange.hints,
        requestId: exchange.requestId,
        shared: config.cache.scope === 'all',
        accepts: (target) => mayAnswer(plan, target),
        whenLate: (call) => whenLate(exchange, call, { config, clock }),
        ...(exchange.bytesIn < largeBytes ? {} : { turn: turnsFor(exchange.client) }),
      })
    },
  }
}

function isWanted({ route, rule }: Plan, config: Config): boolean {
  const ofRule = rule === undefined ? undefined : config.rules[rule]?.cache
  return (ofRule ?? config.models.find(({ name }) => name === route)?.cache) !== false
}

/** A target that the request could be sent to were it well; one that a rule or a price leaves out gives no kept answers either. */
function mayAnswer({ steps, spares, excluded }: Plan, id: string): boolean {
  return (
    steps.some(({ target }) => target.id === id) ||
    spares?.some(({ target }) => target.id === id) === true ||
    excluded.some(({ target, kind }) => target.id === id && (kind === 'resting' || kind === 'breaker_open'))
  )
}

type Late = { readonly config: Config; readonly clock: Clock }

/** When the request's time is over, or nobody waits for its answer any more. */
function whenLate({ client, hints, startedMs }: Exchange, call: () => void, { config, clock }: Late): () => void {
  client.onGone(call)
  const patienceMs = Math.min(config.timeouts.total, hints.timeoutMs ?? Number.POSITIVE_INFINITY)
  return clock.after(Math.max(0, startedMs + patienceMs - clock.now()), call)
}
