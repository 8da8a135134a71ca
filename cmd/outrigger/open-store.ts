import type { SharedCache } from '#cache/cache.ts'
import type { Config } from '#config/config.ts'
import { inTime } from '#state/in-time.ts'
import { createMemoryStore } from '#state/memory.ts'
import type { Store } from '#state/store.ts'
import type { Logger } from '#telemetry/log.ts'

export type OpenedStore = {
  readonly store: Store
  /** Kept answers that instances share; undefined: each keeps its own. */
  readonly sharedCache: SharedCache | undefined
  /** Hears when the shared server stops answering, and when it answers again. */
  readonly onState: (listener: StateListener) => void
}

type StateListener = (state: 'up' | 'down', reason: string) => void

/** Where limits and budgets are counted: in memory, or in Redis, whose client is loaded only then. */
export async function openStore({ state }: Config, log: Logger, ofWorker?: Store): Promise<OpenedStore> {
  const { redis } = state
  if (redis === undefined) return { store: ofWorker ?? createMemoryStore(Date.now), onState: () => {}, sharedCache: undefined }
  const [{ connectRedis }, { createRedisStore }] = await Promise.all([import('#state/redis-port.ts'), import('#state/redis.ts')])
  const listeners: StateListener[] = []
  const port = connectRedis({ ...state, redis }, (to, reason) => {
    if (to === 'up') log.info({}, 'redis connected')
    else log.warn({ reason }, 'redis connection lost')
  })
  const store = createRedisStore({
    port,
    prefix: state.prefix,
    timeoutMs: state.timeout,
    fallback: state.on_failure === 'open' ? createMemoryStore(Date.now) : undefined,
    onState: (to, reason) => {
      for (const listener of listeners) listener(to, reason)
    },
    nowMs: Date.now,
  })
  const sharedCache: SharedCache = {
    get: (key) => inTime(port.get(`${state.prefix}cache:${key}`), state.timeout),
    set: (key, value, ttlMs) => port.set(`${state.prefix}cache:${key}`, value, ttlMs),
  }
  return { store, sharedCache, onState: (listener) => listeners.push(listener) }
}
