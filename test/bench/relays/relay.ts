import type { Result } from '#lib/result.ts'
import type { Bench } from '../bench.ts'
import type { Target } from '../load.ts'

/** What relays call: one server, where each model lies below a path of its own. */
export type Upstream = {
  readonly origin: string
  /** Model → path of its API's base, such as `/v1`. */
  readonly paths: Readonly<Record<string, string>>
  /** The certificate to be trusted; where the origin is https. */
  readonly ca?: string
}

/** One of the upstream's models, in the dialect of a client. */
export type Question = { readonly model: string; readonly dialect: 'openai-chat' | 'anthropic' }

export type Relay = {
  readonly name: string
  readonly pid: number
  /** From its start until it listened. */
  readonly startMs: number
  /** How this relay is asked; undefined: it does not know the dialect. */
  readonly ask: (question: Question) => Pick<Target, 'url' | 'headers'> | undefined
}

/** Something that can stand between a client and the upstream. */
export type RelayKind = {
  readonly name: string
  /** Starts it, installing it before where needed; an error says why it is not to be had here. */
  readonly start: (bench: Bench, upstream: Upstream) => Promise<Result<Relay, string>>
}

/** Where a plain proxy is asked: it knows no models, so that the path tells the upstream what to answer, whatever the dialect. */
export function plainAsk(port: number, upstream: Upstream): Relay['ask'] {
  return ({ model }) => ({ url: `http://127.0.0.1:${port}${upstream.paths[model]}/chat/completions`, headers: {} })
}
