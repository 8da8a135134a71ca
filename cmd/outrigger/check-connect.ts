import type { Config } from '#config/config.ts'
import { inTime } from '#state/in-time.ts'

/** What the shared server says of itself: lines for people, and whether it could be reached where one is named. */
export type Connected = { readonly ok: boolean; readonly lines: readonly string[] }

const connectMs = 3000

/** Asks the Redis server of a routing file what the relay would ask it at its start. */
export async function checkConnections({ state, cache }: Config): Promise<Connected> {
  const { redis } = state
  const semantic = cache?.semantic !== undefined
  if (redis === undefined) {
    return { ok: true, lines: semantic ? ['cache.semantic: each process keeps vectors of its own'] : [] }
  }
  const [{ connectRedis }, { createRedisVectors }] = await Promise.all([
    import('#state/redis-port.ts'),
    import('#state/redis-vectors.ts'),
  ])
  const connected = Promise.withResolvers<void>()
  const port = connectRedis({ ...state, redis }, (to, reason) =>
    to === 'up' ? connected.resolve() : connected.reject(new Error(reason)),
  )
  try {
    await inTime(connected.promise, connectMs)
    if (!semantic) return { ok: true, lines: ['state.redis: it answers'] }
    const vectors = createRedisVectors({ port, prefix: state.prefix, ask: (work) => inTime(work(), connectMs) })
    const where = (await vectors.supported())
      ? 'vectors are kept in the Redis server, for all instances'
      : 'the Redis server has no vector sets (Redis 8): each instance keeps vectors of its own, answers are shared all the same'
    return { ok: true, lines: ['state.redis: it answers', `cache.semantic: ${where}`] }
  } catch (error) {
    return { ok: false, lines: [`state.redis: it does not answer: ${error instanceof Error ? error.message : String(error)}`] }
  } finally {
    await port.close()
  }
}
