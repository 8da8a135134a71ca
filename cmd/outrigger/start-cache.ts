import { type AnswerCache, createCache } from '#cache/cache.ts'
import type { Current } from '#config/current.ts'
import type { RelayDeps } from '#relay/deps.ts'
import type { Logger } from '#telemetry/log.ts'
import type { OpenedStore } from './open-store.ts'

// A store that is gone errs with every request; one line a minute says as much as a thousand.
const quietMs = 60_000

/** Kept answers: in memory, and in the store that instances share. */
export function startCache(current: Current, { sharedCache }: OpenedStore, log: Logger): AnswerCache {
  let toldMs = Number.NEGATIVE_INFINITY
  return createCache({
    settings: () => current.get().cache,
    shared: sharedCache,
    onFailure(error) {
      const nowMs = performance.now()
      if (nowMs - toldMs < quietMs) return
      toldMs = nowMs
      log.warn({ err: error }, 'the shared cache does not answer')
    },
  })
}

/** What the relay asks, for the models whose answers are kept. */
export function cacheFor(cache: AnswerCache, current: Current): NonNullable<RelayDeps['cache']> {
  return ({ request, hints }, { route, rule }) => {
    const config = current.get()
    const wanted =
      (rule === undefined ? undefined : config.rules[rule]?.cache) ?? config.models.find(({ name }) => name === route)?.cache
    if (config.cache === undefined || wanted === false) return undefined
    return cache.enter(request, { route, hints })
  }
}
