import { readFileSync } from 'node:fs'
import { createClient, createCluster, createSentinel } from '@redis/client'
import type { StateConfig } from '#config/config.ts'

/** What a connection tells of itself. */
export type Watched = { readonly up: () => void; readonly down: (error: unknown) => void }

type ScriptInput = { readonly keys: string[]; readonly arguments: string[] }

/** The commands that are used, whatever they are sent through. */
export type Commands = {
  readonly evalSha: (sha: string, options: ScriptInput) => Promise<unknown>
  readonly eval: (text: string, options: ScriptInput) => Promise<unknown>
  readonly get: (key: string) => Promise<unknown>
  readonly set: (key: string, value: string, options: { readonly PX: number }) => Promise<unknown>
  readonly publish: (channel: string, message: string) => Promise<unknown>
}

export type Connection = {
  readonly commands: Commands
  readonly subscribe: (channel: string, listener: (message: string) => void) => Promise<void>
  readonly close: () => Promise<void>
}

// A server that is cut off without a word is noticed by the pings that it does not answer.
const pingMs = 3000
const silentMs = 10_000

export function connectSingle(urls: readonly string[], config: StateConfig, watched: Watched): Connection {
  const url = urls[0] ?? ''
  const client = createClient({ ...common, url, socket: socketOf(url, config), disableOfflineQueue: true })
  client.on('error', watched.down)
  client.on('ready', watched.up)
  void client.connect().catch(watched.down)
  let subscriber: typeof client | undefined
  return {
    commands: client,
    async subscribe(channel, listener) {
      if (subscriber === undefined) {
        // Its connection can do nothing else. What it waits for may wait until the server is there.
        subscriber = client.duplicate({ disableOfflineQueue: false })
        subscriber.on('error', watched.down)
        await subscriber.connect()
      }
      await subscriber.subscribe(channel, listener)
    },
    async close() {
      for (const one of [client, subscriber]) if (one?.isOpen === true) one.destroy()
    },
  }
}

export function connectCluster(urls: readonly string[], config: StateConfig, watched: Watched): Connection {
  const [first = 'redis://localhost'] = urls
  const client = createCluster({
    rootNodes: urls.map((url) => ({ url })),
    defaults: { ...common, ...loginOf(first), disableOfflineQueue: true, socket: socketOf(first, config) },
  })
  client.on('error', watched.down)
  untilConnected(() => client.connect(), watched)
  return {
    commands: client,
    async subscribe(channel, listener) {
      await client.subscribe(channel, listener)
    },
    close: async () => client.destroy(),
  }
}

export function connectSentinel(urls: readonly string[], config: StateConfig, watched: Watched): Connection {
  const nodes = urls.map((url) => new URL(url))
  const [first = 'redis://localhost'] = urls
  const nodeOptions = { ...common, ...loginOf(first), disableOfflineQueue: true, socket: socketOf(first, config) }
  const client = createSentinel({
    name: config.master,
    sentinelRootNodes: nodes.map(({ hostname, port }) => ({ host: hostname, port: Number(port || 26_379) })),
    nodeClientOptions: nodeOptions,
    sentinelClientOptions: { socket: socketOf(first, config) },
    scanInterval: 2000,
  })
  client.on('error', watched.down)
  untilConnected(() => client.connect(), watched)
  return {
    commands: client,
    async subscribe(channel, listener) {
      await client.subscribe(channel, listener)
    },
    close: async () => client.destroy(),
  }
}

const common = { name: 'outrigger', pingInterval: pingMs } as const

/** The first connection of a cluster is not tried again by the client itself. */
function untilConnected(connect: () => Promise<unknown>, watched: Watched, tries = 0): void {
  connect().then(watched.up, (error: unknown) => {
    watched.down(error)
    setTimeout(() => untilConnected(connect, watched, tries + 1), reconnectMs(tries)).unref()
  })
}

/** Ever longer, and never all replicas in the same moment. */
function reconnectMs(retries: number): number {
  return Math.min(100 * 2 ** Math.min(retries, 6), 3000) * (0.5 + Math.random())
}

function socketOf(url: string, { timeout, tls }: StateConfig) {
  const times = {
    connectTimeout: Math.max(1000, timeout),
    socketTimeout: silentMs,
    reconnectStrategy: (retries: number): number => reconnectMs(retries),
  }
  if (!url.startsWith('rediss:')) return times
  const read = (path: string | undefined): string | undefined => (path === undefined ? undefined : readFileSync(path, 'utf8'))
  const [ca, cert, key] = [read(tls?.ca), read(tls?.cert), read(tls?.key)]
  return {
    ...times,
    tls: true as const,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(tls?.server_name === undefined ? {} : { servername: tls.server_name }),
  }
}

function loginOf(url: string): { readonly username?: string; readonly password?: string } {
  const { username, password } = new URL(url)
  return {
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
  }
}
