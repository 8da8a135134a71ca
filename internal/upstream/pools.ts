// Only the pool: the whole of undici takes a quarter of the start.
import Pool from 'undici/lib/dispatcher/pool.js'
import type { Connections } from './connections.ts'
import { createPlainPool } from './plain/pool.ts'

/** Where a provider's base URL leads: its connections, and the path that stands before each request's own. */
export type Upstream = { readonly pool: Connections; readonly prefix: string }

export type PoolOptions = {
  /** Milliseconds to a connection. */
  readonly connectTimeoutMs: number
}

export type Pools = {
  /** The connections to a base URL; made when first asked for. */
  readonly to: (baseUrl: string) => Upstream
  /** After a reload: closes the connections to origins that are no longer named, once their requests have ended. */
  readonly keepOnly: (baseUrls: readonly string[]) => void
  /** Takes effect for origins that are first asked for afterwards. */
  readonly configure: (options: PoolOptions) => void
  readonly close: () => Promise<void>
}

// Idle sockets live shorter than the 60 s after which common load balancers close them, so that a request rarely meets a
// socket that is being closed from the other side.
const keepAliveMs = 30_000

/**
 * Connections by origin. Headers and body have no time limit here: the relay's own deadlines cover them, and undici's
 * would fire without the relay's knowledge of what came before. Redirects are never followed: a key must not travel.
 */
export function createPools(initial: PoolOptions): Pools {
  let options = initial
  const pools = new Map<string, Connections>()
  const upstreams = new Map<string, Upstream>()

  const poolOf = (origin: string): Connections => {
    const known = pools.get(origin)
    if (known !== undefined) return known
    const pool = origin.startsWith('http:') ? plainPool(origin, options) : undiciPool(origin, options)
    pools.set(origin, pool)
    return pool
  }

  return {
    to(baseUrl) {
      const known = upstreams.get(baseUrl)
      if (known !== undefined) return known
      const url = new URL(baseUrl)
      const upstream = { pool: poolOf(url.origin), prefix: url.pathname.replace(/\/+$/, '') }
      upstreams.set(baseUrl, upstream)
      return upstream
    },
    keepOnly(baseUrls) {
      const origins = new Set(baseUrls.map((baseUrl) => new URL(baseUrl).origin))
      for (const [origin, pool] of pools) {
        if (origins.has(origin)) continue
        pools.delete(origin)
        for (const [baseUrl, upstream] of upstreams) if (upstream.pool === pool) upstreams.delete(baseUrl)
        void pool.close()
      }
    },
    configure(next) {
      options = next
    },
    async close() {
      const closing = [...pools.values()].map((pool) => pool.destroy())
      pools.clear()
      upstreams.clear()
      await Promise.all(closing)
    },
  }
}

function undiciPool(origin: string, { connectTimeoutMs }: PoolOptions): Pool {
  return new Pool(origin, {
    connections: null,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    connect: { timeout: connectTimeoutMs },
  })
}

/** Without encryption there is HTTP/1.1 alone, for which our own connections take half of undici's time. Bodies in pieces are undici's. */
function plainPool(origin: string, options: PoolOptions): Connections {
  const plain = createPlainPool(new URL(origin), { connectTimeoutMs: options.connectTimeoutMs, keepAliveMs })
  let large: Pool | undefined
  return {
    dispatch(request, handler) {
      const { body } = request
      if (body === null || typeof body === 'string' || body instanceof Uint8Array)
        return plain.dispatch({ ...request, body }, handler)
      large ??= undiciPool(origin, options)
      return large.dispatch(request, handler)
    },
    async close() {
      plain.close()
      await large?.close()
    },
    async destroy() {
      plain.destroy()
      await large?.destroy()
    },
  }
}
