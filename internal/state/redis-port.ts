import { createHash } from 'node:crypto'
import { createClient, createCluster, createSentinel } from '@redis/client'
import type { StateConfig } from '#config/config.ts'

/** What the rooms need of Redis or Valkey, whether it is one server, a cluster, or behind sentinels. */
export type RedisPort = {
  readonly run: (script: Script, keys: readonly string[], args: readonly string[]) => Promise<unknown>
  readonly get: (key: string) => Promise<Buffer | undefined>
  /** Kept for so many milliseconds. */
  readonly set: (key: string, value: Buffer, ttlMs: number) => Promise<void>
  readonly publish: (channel: string, message: string) => Promise<void>
  readonly subscribe: (channel: string, listener: (message: string) => void) => Promise<void>
  readonly ready: () => boolean
  readonly close: () => Promise<void>
}

/** A Lua script and its digest, by which the server knows it once it has seen it. */
export type Script = { readonly text: string; readonly sha: string }

export function scriptOf(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

/** Told of the connection: the first error after it worked, and when it works again. */
export type ConnectionListener = (state: 'up' | 'down', reason: string) => void

type Evaluate = {
  readonly evalSha: (sha: string, options: ScriptInput) => Promise<unknown>
  readonly eval: (text: string, options: ScriptInput) => Promise<unknown>
}
type ScriptInput = { readonly keys: string[]; readonly arguments: string[] }

/** A connection that goes on trying: requests made while it is down fail at once. */
export function connectRedis(
  config: StateConfig & { readonly redis: NonNullable<StateConfig['redis']> },
  listener: ConnectionListener,
): RedisPort {
  const urls = config.redis
    .reveal()
    .split(',')
    .map((url) => url.trim())
  switch (config.mode) {
    case 'single':
      return single(urls[0] ?? '', config, listener)
    case 'cluster':
      return cluster(urls, config, listener)
    case 'sentinel':
      return sentinel(urls, config, listener)
  }
}

const reconnect = (retries: number): number => Math.min(100 * 2 ** Math.min(retries, 6), 3000)

function socketOf(config: StateConfig): {
  readonly connectTimeout: number
  readonly reconnectStrategy: (retries: number) => number
} {
  return { connectTimeout: Math.max(1000, config.timeout), reconnectStrategy: reconnect }
}

function single(url: string, config: StateConfig, listener: ConnectionListener): RedisPort {
  const client = createClient({ url, socket: socketOf(config), disableOfflineQueue: true, name: 'outrigger' })
  const watched = watch(listener)
  client.on('error', watched.down)
  client.on('ready', watched.up)
  void client.connect().catch(watched.down)
  let subscriber: typeof client | undefined
  return {
    run: runner({
      evalSha: (sha, options) => client.evalSha(sha, options),
      eval: (text, options) => client.eval(text, options),
    }),
    get: async (key) => toBuffer(await client.get(key)),
    async set(key, value, ttlMs) {
      await client.set(key, value.toString('base64'), { PX: ttlMs })
    },
    async publish(channel, message) {
      await client.publish(channel, message)
    },
    async subscribe(channel, hear) {
      subscriber ??= client.duplicate({ disableOfflineQueue: false })
      subscriber.on('error', watched.down)
      if (!subscriber.isOpen) await subscriber.connect()
      await subscriber.subscribe(channel, hear)
    },
    ready: () => client.isReady,
    async close() {
      await Promise.all(
        [client, ...(subscriber === undefined ? [] : [subscriber])].map((one) => (one.isOpen ? one.destroy() : undefined)),
      )
    },
  }
}

function cluster(urls: readonly string[], config: StateConfig, listener: ConnectionListener): RedisPort {
  const [first] = urls
  const { username, password, protocol } = new URL(first ?? 'redis://localhost')
  const client = createCluster({
    rootNodes: urls.map((url) => ({ url })),
    defaults: {
      disableOfflineQueue: true,
      socket: protocol === 'rediss:' ? { ...socketOf(config), tls: true } : socketOf(config),
      ...(username === '' ? {} : { username: decodeURIComponent(username) }),
      ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    },
  })
  const watched = watch(listener)
  client.on('error', watched.down)
  let connected = false
  void client.connect().then(() => {
    connected = true
    watched.up()
  }, watched.down)
  return {
    run: runner({
      evalSha: (sha, options) => client.evalSha(sha, options),
      eval: (text, options) => client.eval(text, options),
    }),
    get: async (key) => toBuffer(await client.get(key)),
    async set(key, value, ttlMs) {
      await client.set(key, value.toString('base64'), { PX: ttlMs })
    },
    async publish(channel, message) {
      await client.publish(channel, message)
    },
    async subscribe(channel, hear) {
      await client.subscribe(channel, hear)
    },
    ready: () => connected && client.isOpen,
    close: async () => client.destroy(),
  }
}

function sentinel(urls: readonly string[], config: StateConfig, listener: ConnectionListener): RedisPort {
  const nodes = urls.map((url) => new URL(url))
  const [first] = nodes
  const login = {
    ...(first === undefined || first.username === '' ? {} : { username: decodeURIComponent(first.username) }),
    ...(first === undefined || first.password === '' ? {} : { password: decodeURIComponent(first.password) }),
  }
  const client = createSentinel({
    name: config.master,
    sentinelRootNodes: nodes.map(({ hostname, port }) => ({ host: hostname, port: Number(port || 26_379) })),
    nodeClientOptions: { ...login, disableOfflineQueue: true, socket: { connectTimeout: Math.max(1000, config.timeout) } },
  })
  const watched = watch(listener)
  client.on('error', watched.down)
  let connected = false
  void client.connect().then(() => {
    connected = true
    watched.up()
  }, watched.down)
  return {
    run: runner({
      evalSha: (sha, options) => client.evalSha(sha, options),
      eval: (text, options) => client.eval(text, options),
    }),
    get: async (key) => toBuffer(await client.get(key)),
    async set(key, value, ttlMs) {
      await client.set(key, value.toString('base64'), { PX: ttlMs })
    },
    async publish(channel, message) {
      await client.publish(channel, message)
    },
    async subscribe(channel, hear) {
      await client.subscribe(channel, hear)
    },
    ready: () => connected && client.isReady,
    close: async () => client.destroy(),
  }
}

function toBuffer(value: unknown): Buffer | undefined {
  return typeof value === 'string' ? Buffer.from(value, 'base64') : undefined
}

/** By digest; with the text only when the server does not know it (it was restarted, or another one took over). */
function runner(client: Evaluate): RedisPort['run'] {
  return async (script, keys, args) => {
    const options = { keys: [...keys], arguments: [...args] }
    try {
      return await client.evalSha(script.sha, options)
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return await client.eval(script.text, options)
    }
  }
}

/** Tells changes only: a server that is gone errs many times a second. */
function watch(listener: ConnectionListener): { readonly up: () => void; readonly down: (error: unknown) => void } {
  let state: 'up' | 'down' | undefined
  return {
    up() {
      if (state !== 'up') listener('up', '')
      state = 'up'
    },
    down(error) {
      if (state !== 'down') listener('down', reasonOf(error))
      state = 'down'
    },
  }
}

/** The first words of the error: a URL with its password may stand further behind. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message || error.name : String(error)
  return message.replace(/rediss?:\/\/\S+/g, 'redis://…').slice(0, 200)
}
