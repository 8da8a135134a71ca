import type { Connections } from './connections.ts'
import { createHttp1Pool } from './http1/pool.ts'
import { createHttp2Pool } from './http2-pool.ts'

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

/** Connections by origin. Time limits, but for that of connecting, are the relay's own. Redirects are never followed: a key must not travel. */
export function createPools(initial: PoolOptions): Pools {
  let options = initial
  const pools = new Map<string, Connections>()
  const upstreams = new Map<string, Upstream>()

  const poolOf = (origin: string): Connections => {
    const known = pools.get(origin)
    if (known !== undefined) return known
    const pool = createConnections(origin, options)
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

/**
 * HTTP/1.1, which all providers speak and their own SDKs for Node use; over our own connections it takes half of what HTTP/2 takes
 * (docs/decisions/0013-http-1-1-to-providers.md). Who speaks HTTP/2 only is spoken to in HTTP/2.
 */
function createConnections(origin: string, { connectTimeoutMs }: PoolOptions): Connections {
  let http2: Connections | undefined
  const http1 = createHttp1Pool(new URL(origin), {
    connectTimeoutMs,
    keepAliveMs,
    onOtherProtocol(request, handler) {
      http2 ??= createHttp2Pool(origin, { connectTimeoutMs, keepAliveMs })
      http2.dispatch(request, handler)
    },
  })
  return {
    dispatch: (request, handler) => (http2 ?? http1).dispatch(request, handler),
    async close() {
      http1.close()
      await http2?.close()
    },
    async destroy() {
      http1.destroy()
      await http2?.destroy()
    },
  }
}
