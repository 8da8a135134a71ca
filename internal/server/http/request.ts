import { type IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { BodySink, ClientRequest } from './client-request.ts'
import type { Connection } from './connection.ts'
import { headersOf } from './request-headers.ts'

// What comes before anybody reads is kept, up to this size; then the client waits.
const mostKeptBytes = 64 * 1024

// What node:http does to a request once it is answered, so that nobody waits for it.
const noStream = { resumeScheduled: false }

/**
 * A request as node:http makes one when it has read a head, without the stream: that takes a good part of what node:http costs
 * (docs/performance.md). Its parser, limits and times are node:http's own. What has an underscore before it is asked for or set by node:http.
 */
export class LightRequest implements ClientRequest {
  httpVersionMajor = 1
  httpVersionMinor = 1
  httpVersion = '1.1'
  joinDuplicateHeaders: unknown = undefined
  url = ''
  upgrade = false
  method = ''
  headers: IncomingHttpHeaders = noHeaders
  /** The body has come whole. */
  complete = false
  destroyed = false
  /** Hears that the client has left before the answer's end. */
  onGone: (() => void) | undefined = undefined
  readonly socket: Connection
  /** Somebody reads the body; else what is left of it is passed over once the request is answered. */
  _consuming = false
  readonly _readableState = noStream
  _dumped = false
  #sink: BodySink | undefined = undefined
  #kept: Buffer[] | undefined = undefined
  #keptBytes = 0
  #stopped = false
  #onEnd: (() => void) | undefined = undefined

  constructor(socket: Connection) {
    this.socket = socket
  }

  get readableEnded(): boolean {
    return this.complete
  }

  read(sink: BodySink): void {
    this._consuming = true
    const kept = this.#kept
    this.#kept = undefined
    if (kept !== undefined) for (const chunk of kept) if (!this.#stopped) sink.data(chunk)
    if (this.#stopped) return
    if (this.complete) return sink.end()
    if (this.destroyed) return sink.gone()
    this.#sink = sink
    this.#readOn()
  }

  stop(): void {
    this.#stopped = true
    this._consuming = false
  }

  #readOn(): void {
    if (!this.socket._paused && this.socket.readable) this.socket.resume()
  }

  /** The head, and after the body what follows it (trailers), which nobody wants. */
  _addHeaderLines(pairs: readonly string[], count: number): void {
    if (!this.complete) this.headers = headersOf(pairs, count)
  }

  /** A piece of the body, or null at its end; false when no more is wanted for now. */
  push(chunk: Buffer | null): boolean {
    if (chunk === null) {
      this.#onEnd?.()
      const sink = this.#sink
      this.#sink = undefined
      if (!this.#stopped) sink?.end()
      return true
    }
    if (this.#sink !== undefined) {
      if (!this.#stopped) this.#sink.data(chunk)
      return !this.#stopped
    }
    this.#kept ??= []
    this.#kept.push(chunk)
    this.#keptBytes += chunk.length
    return this.#keptBytes < mostKeptBytes
  }

  /** Answered, and nobody reads: the rest of the body is passed over. */
  _dump(): void {
    this._dumped = true
    this.#kept = undefined
    if (!this.complete) this.#readOn()
  }

  /** Only node:http listens, for the body's end. */
  on(event: 'end', listener: () => void): this {
    if (event === 'end') this.#onEnd = listener
    return this
  }

  /** Nobody listens to its timeouts: the connection is closed. */
  emit(_event: 'timeout'): false {
    return false
  }

  /** The connection has closed. */
  destroy(): this {
    if (this.destroyed) return this
    this.destroyed = true
    if (!this.complete) this.#sink?.gone()
    this.onGone?.()
    return this
  }
}

const noHeaders: IncomingHttpHeaders = {}

// What node:http does to a request through names that only it knows concerns its stream, or signals that nobody takes here.
for (const name of Object.getOwnPropertySymbols(IncomingMessage.prototype)) {
  const inner = Object.getOwnPropertyDescriptor(IncomingMessage.prototype, name)
  if (typeof inner?.value === 'function') Object.defineProperty(LightRequest.prototype, name, { value: () => {} })
}
