import { setTimeout as sleep } from 'node:timers/promises'
import type { SharedCache } from '#cache/cache.ts'
import type { Config } from '#config/config.ts'
import { createClock } from '#lib/clock.ts'
import type { Bus } from '#state/bus.ts'
import { createMemoryStore } from '#state/memory.ts'
import type { RedisVectors } from '#state/redis-vectors.ts'
import type { Store } from '#state/store.ts'
import type { Logger } from '#telemetry/log.ts'
import { quietly } from './quietly.ts'

// The first requests should find the server; a server that is gone must not keep the relay from starting.
const firstConnectMs = 1000

export type OpenedStore = {
  readonly store: Store
  /** Kept answers that instances share; undefined: each keeps its own. */
  readonly sharedCache: SharedCache | undefined
  /** Vectors that instances share, if the server can keep them. */
  readonly sharedVectors?: RedisVectors
  /** What instances tell each other; undefined: each is alone. */
  readonly bus: Bus | undefined
  /** Hears when the shared server stops answering, and when it answers again. */
  readonly onState: (listener: StateListener) => void
}

type StateListener = (state: 'up' | 'down', reason: string) => void

/** Where limits and budgets are counted: in memory, or in Redis, whose client is loaded only then. */
export async function openStore({ state }: Config, log: Logger, ofWorker?: Store): Promise<OpenedStore> {
  const { redis } = state
  if (redis === undefined)
    return { store: ofWorker ?? createMemoryStore(Date.now), onState: () => {}, sharedCache: undefined, bus: undefined }
  const [{ connectRedis, reasonOf }, { createRedisStore }, { createRedisVectors }, { createBus }] = await Promise.all([
    import('#state/redis-port.ts'),
    import('#state/redis.ts'),
    import('#state/redis-vectors.ts'),
    import('#state/bus.ts'),
  ])
  const clock = createClock()
  const listeners: StateListener[] = []
  const connected = Promise.withResolvers<void>()
  const port = connectRedis({ ...state, redis }, (to, reason) => {
    if (to === 'down') return log.warn({ reason }, 'redis connection lost')
    log.info({}, 'redis connected')
    connected.resolve()
    void store.greet()
  })
  const store = createRedisStore({
    port,
    prefix: state.prefix,
    timeoutMs: state.timeout,
    fallback: state.on_failure === 'open' ? createMemoryStore(Date.now) : undefined,
    replicas: () => bus.others() + 1,
    onState: (to, reason) => {
      for (const listener of listeners) listener(to, reason)
    },
    onLost: (sums) => log.error({ sums }, 'stopped while redis was gone: what was spent meanwhile is not counted'),
    nowMs: Date.now,
    clock,
  })
  const channel = `${state.prefix}hints`
  const onRefused = quietly<unknown>((error) =>
    log.warn(
      { channel, reason: reasonOf(error) },
      'redis refuses the channel on which instances tell each other of targets and of themselves',
    ),
  )
  const bus = createBus({ port, channel, clock, isUp: store.gate.isOpen, onRefused })
  const sharedCache: SharedCache = {
    get: (key) => store.gate.ask(() => port.get(`${state.prefix}cache:${key}`)),
    // Nobody waits for it, so that a large answer that takes long says nothing about the server.
    set: async (key, value, ttlMs) => {
      if (store.gate.isOpen()) await port.set(`${state.prefix}cache:${key}`, value, ttlMs)
    },
  }
  const sharedVectors = createRedisVectors({ port, prefix: state.prefix, ask: store.gate.ask })
  await Promise.race([connected.promise, sleep(firstConnectMs, undefined, { ref: false })])
  return {
    store: {
      ...store,
      close() {
        bus.close()
        return store.close()
      },
    },
    sharedCache,
    sharedVectors,
    bus,
    onState: (listener) => listeners.push(listener),
  }
}
