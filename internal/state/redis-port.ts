import { createHash } from 'node:crypto'
import type { StateConfig } from '#config/config.ts'
import { reasonOf as reason } from '#lib/reason.ts'
import { type Commands, connectCluster, connectSentinel, connectSingle, type Watched } from './redis-connect.ts'

/** What the rooms need of Redis or Valkey, whether it is one server, a cluster, or behind sentinels. */
export type RedisPort = {
  readonly run: (script: Script, keys: readonly string[], args: readonly string[]) => Promise<unknown>
  readonly get: (key: string) => Promise<Buffer | undefined>
  /** Kept for so many milliseconds. */
  readonly set: (key: string, value: Buffer, ttlMs: number) => Promise<void>
  readonly publish: (channel: string, message: string) => Promise<void>
  readonly subscribe: (channel: string, listener: (message: string) => void) => Promise<void>
  readonly close: () => Promise<void>
}

/** A Lua script and its digest, by which the server knows it once it has seen it. */
export type Script = { readonly text: string; readonly sha: string }

export function scriptOf(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

/** Told of the connection: the first error after it worked, and each time it works again. */
export type ConnectionListener = (state: 'up' | 'down', reason: string) => void

/** The state block with its server. */
export type SharedState = StateConfig & { readonly redis: NonNullable<StateConfig['redis']> }

/** A connection that goes on trying: requests made while it is down fail at once. */
export function connectRedis(config: SharedState, listener: ConnectionListener): RedisPort {
  const urls = config.redis
    .reveal()
    .split(',')
    .map((url) => url.trim())
  const connect = { single: connectSingle, cluster: connectCluster, sentinel: connectSentinel }[config.mode]
  const { commands, subscribe, close } = connect(urls, config, watch(listener))
  return {
    run: runner(commands),
    async get(key) {
      const value = await commands.get(key)
      return typeof value === 'string' ? Buffer.from(value, 'base64') : undefined
    },
    async set(key, value, ttlMs) {
      await commands.set(key, value.toString('base64'), { PX: ttlMs })
    },
    async publish(channel, message) {
      await commands.publish(channel, message)
    },
    subscribe,
    close,
  }
}

/** By digest; with the text only when the server does not know it (it was restarted, or another one took over). */
function runner(client: Commands): RedisPort['run'] {
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
function watch(listener: ConnectionListener): Watched {
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
  return reason(error)
    .replace(/rediss?:\/\/\S+/g, 'redis://…')
    .slice(0, 200)
}
