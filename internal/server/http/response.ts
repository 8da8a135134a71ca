import type { ClientResponse } from './client-response.ts'
import type { Connection } from './connection.ts'
import type { LightRequest } from './request.ts'
import { type BodyEnd, beginHead, endHead } from './response-head.ts'

/**
 * An answer as node:http makes one for each request, without the stream: head, chunks and end are put together as one text and written at
 * once. What has an underscore before it is asked for or set by node:http.
 */
export class LightResponse implements ClientResponse {
  shouldKeepAlive = true
  _keepAliveTimeout = 0
  _maxRequestsPerSocket = 0
  _onPendingData: (bytes: number) => void = () => {}
  _expect_continue = false
  _closed = false
  /** The connection is to be closed after this. */
  _last = false
  _headerSent = false
  headersSent = false
  /** All has been written, maybe not yet sent. */
  finished = false
  writableFinished = false
  destroyed = false
  bodyBytes = 0
  socket: Connection | null = null

  readonly #request: LightRequest
  #status = 200
  #head = ''
  #tellsLength = false
  #bodyEnd: BodyEnd | undefined = undefined
  /** What is not yet written: the head, pieces of the body, then text of it. */
  #before = ''
  #pieces: (string | Uint8Array)[] | undefined = undefined
  #text = ''
  /** Bytes of the body that are not yet written: they become one chunk. */
  #bodyWaits = 0
  #isAscii = true
  #waitingBytes = 0
  #isAwaited = false
  #isEndWritten = false
  #needsDrain = false
  #onDrain: (() => void) | undefined = undefined
  #onFinish: (() => void) | undefined = undefined
  #onGone: (() => void)[] | undefined = undefined

  constructor(request: LightRequest) {
    this.#request = request
    if (request.httpVersionMajor < 1 || request.httpVersionMinor < 1) this.shouldKeepAlive = false
    request.onGone = () => this.#gone()
  }

  closeAfter(): void {
    this.shouldKeepAlive = false
  }

  writeHead(status: number, headers: Readonly<Record<string, string>> | readonly string[] = {}): this {
    // Only node:http gives a list: `Connection: close`, for a request that names no host.
    if (isList(headers)) return this.writeHead(status, { connection: 'close' })
    this.#head = beginHead(status, headers)
    this.#status = status
    this.#tellsLength = headers['content-length'] !== undefined
    if (/^close$/i.test(headers['connection'] ?? '')) this.shouldKeepAlive = false
    this.headersSent = true
    return this
  }

  write(piece: string | Uint8Array): boolean {
    if (this.finished || this.destroyed) return true
    const bytes = Buffer.byteLength(piece)
    if (bytes === 0) return true
    this.#begin(undefined)
    this.bodyBytes += bytes
    this.#add(piece, bytes)
    if (!this.#isAwaited) {
      this.#isAwaited = true
      process.nextTick(flushWaiting, this)
    }
    this.#needsDrain = (this.socket?.writableLength ?? 0) + this.#waitingBytes >= mostWaitingBytes
    return !this.#needsDrain
  }

  end(piece?: string | Uint8Array): this {
    if (this.finished || this.destroyed) return this
    const bytes = Buffer.byteLength(piece ?? '')
    this.#begin(bytes)
    this.bodyBytes += bytes
    if (piece !== undefined && bytes > 0) this.#add(piece, bytes)
    this.finished = true
    this.flush()
    return this
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener
  }

  onGone(listener: () => void): void {
    if (this.destroyed) return listener()
    this.#onGone ??= []
    this.#onGone.push(listener)
  }

  destroy(error?: Error): this {
    this.destroyed = true
    this.socket?.destroy(error)
    return this
  }

  /** Puts the head before what is to come. `whole`: bytes of the body, where it is known. */
  #begin(whole: number | undefined): void {
    if (this.#bodyEnd !== undefined) return
    if (!this.headersSent) this.writeHead(this.#status, {})
    this.#bodyEnd = this.#chooseEnd(whole !== undefined || this.#tellsLength)
    if (this.#bodyEnd === 'close') this.shouldKeepAlive = false
    this._last = !this.shouldKeepAlive
    const end = endHead({
      bodyEnd: this.#bodyEnd,
      length: this.#bodyEnd === 'length' && !this.#tellsLength ? whole : undefined,
      keepAliveSeconds: this.shouldKeepAlive ? Math.floor(this._keepAliveTimeout / 1000) : undefined,
    })
    this.#before += this.#head + end
    this.#head = ''
    this.#wait(this.#before.length)
  }

  #chooseEnd(isLengthKnown: boolean): BodyEnd {
    if (this.#request.method === 'HEAD' || this.#status === 204 || this.#status === 304) return 'none'
    if (isLengthKnown) return 'length'
    return this.#request.httpVersionMinor === 0 ? 'close' : 'chunks'
  }

  #add(piece: string | Uint8Array, bytes: number): void {
    if (this.#bodyEnd === 'none') return
    this.#wait(bytes)
    this.#bodyWaits += bytes
    if (typeof piece === 'string') {
      this.#text += piece
      if (piece.length !== bytes) this.#isAscii = false
      return
    }
    this.#pieces ??= []
    if (this.#text !== '') this.#pieces.push(this.#text)
    this.#pieces.push(piece)
    this.#text = ''
  }

  #wait(bytes: number): void {
    this.#waitingBytes += bytes
    // It is another answer's turn: node:http reads no more requests while too much waits.
    if (this.socket === null) this._onPendingData(bytes)
  }

  /** Writes what waits, once it is this answer's turn on the connection. */
  flush(): void {
    this.#isAwaited = false
    const { socket } = this
    if (socket === null || this.destroyed || !socket.writable) return
    if (this.#waitingBytes === 0 && (!this.finished || this.#isEndWritten)) return
    const takesMore = this.#writeTo(socket, this.finished ? (error?: Error | null) => this.#sent(error) : undefined)
    if (!this.#needsDrain || this.finished) return
    if (takesMore) process.nextTick(drained, this)
    else socket.once('drain', () => this.drained())
  }

  #writeTo(socket: Connection, done: ((error?: Error | null) => void) | undefined): boolean {
    const pieces = this.#pieces
    const text = this.#text + this.#afterBody()
    const before = this.#before + this.#beforeBody()
    const encoding = this.#isAscii ? 'latin1' : 'utf8'
    this.#pieces = undefined
    this.#text = ''
    this.#before = ''
    this.#bodyWaits = 0
    this.#isAscii = true
    this.#waitingBytes = 0
    this._headerSent = true
    this.#isEndWritten = this.finished
    if (pieces === undefined && (encoding === 'latin1' || !beyondAscii.test(before)))
      return socket.write(before + text, encoding, done)
    socket.cork()
    socket.write(before, 'latin1')
    for (const piece of pieces ?? []) {
      if (typeof piece === 'string') socket.write(piece, 'utf8')
      else socket.write(piece)
    }
    const takesMore = socket.write(text, encoding, done)
    socket.uncork()
    return takesMore
  }

  #isChunk(): boolean {
    return this.#bodyEnd === 'chunks' && this.#bodyWaits > 0
  }

  #beforeBody(): string {
    return this.#isChunk() ? `${this.#bodyWaits.toString(16)}\r\n` : ''
  }

  #afterBody(): string {
    const end = this.finished && this.#bodyEnd === 'chunks' ? '0\r\n\r\n' : ''
    return this.#isChunk() ? `\r\n${end}` : end
  }

  drained(): void {
    if (!this.#needsDrain || this.destroyed) return
    this.#needsDrain = false
    const listener = this.#onDrain
    this.#onDrain = undefined
    listener?.()
  }

  #sent(error: Error | null | undefined): void {
    if (error !== undefined && error !== null) return
    this.writableFinished = true
    // What listens holds all of the request: let go, since an old connection may hold this until its next answer.
    const finished = this.#onFinish
    this.#onFinish = undefined
    this.#onGone = undefined
    this.#onDrain = undefined
    this.#request.onGone = undefined
    finished?.()
  }

  #gone(): void {
    if (this._closed) return
    this.destroyed = true
    this._closed = true
    if (this.writableFinished) return
    const listeners = this.#onGone
    this.#onGone = undefined
    if (listeners !== undefined) for (const listener of listeners) listener()
  }

  writeContinue(): void {
    this.#before += 'HTTP/1.1 100 Continue\r\n\r\n'
    this.#wait(this.#before.length)
    this.flush()
    // What was sent is no answer yet.
    this._headerSent = false
  }

  /** It is this answer's turn on the connection. */
  assignSocket(socket: Connection): void {
    socket._httpMessage = this
    this.socket = socket
    if (this.destroyed) {
      socket.destroy()
      return
    }
    if (this.#waitingBytes > 0) this._onPendingData(-this.#waitingBytes)
    this.flush()
  }

  detachSocket(socket: Connection): void {
    socket._httpMessage = null
    this.socket = null
  }

  /** Only node:http listens, for the end. */
  on(event: 'finish', listener: () => void): this {
    if (event === 'finish') this.#onFinish = listener
    return this
  }

  /** node:http tells of the end with `close`, and asks whether anybody listens to a timeout. */
  emit(_event: 'close' | 'timeout'): false {
    return false
  }
}

// As much as node:http lets wait on a connection.
const mostWaitingBytes = 64 * 1024

const beyondAscii = /[\x80-\xff]/

function isList(headers: Readonly<Record<string, string>> | readonly string[]): headers is readonly string[] {
  return Array.isArray(headers)
}

function flushWaiting(response: LightResponse): void {
  response.flush()
}

function drained(response: LightResponse): void {
  response.drained()
}
