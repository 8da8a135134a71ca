import { connect, type Socket } from 'node:net'
import type { CallController, ResponseHandler } from '../connections.ts'
import { type AnswerReading, closeAnswer, createReading, readAnswer, startAnswer } from './answer-reader.ts'
import type { ResponseHead } from './response-head.ts'

/** A connection to a provider without encryption; it carries one request after the other. */
export type PlainConnection = {
  /** Only when it is free. */
  readonly send: (request: WrittenRequest, handler: ResponseHandler) => void
  /** Until when it may be used again, once it is free; by the monotonic clock, in milliseconds. */
  readonly freeUntilMs: () => number
  /** What is under way fails. */
  readonly close: () => void
}

/** `bytes`: of the body. */
export type WrittenRequest = { readonly head: string; readonly body: string | Uint8Array | null; readonly bytes: number }

export type ConnectionOptions = {
  readonly host: string
  readonly port: number
  readonly connectTimeoutMs: number
  /** The longest that it is kept without a request, in milliseconds. */
  readonly keepAliveMs: number
  /** It has become free. */
  readonly onFree: () => void
  /** It is of no more use. */
  readonly onClosed: () => void
}

// Providers say how long they keep a connection; what is sent in the last moment would meet a closed one.
const leastLeftMs = 2000
const tcpKeepAliveMs = 60_000

// What is read is told, or copied, before anything else is read: all connections share the room.
const room = Buffer.allocUnsafeSlow(64 * 1024)

type Sending = {
  readonly request: WrittenRequest
  readonly handler: ResponseHandler
  readonly controller: CallController
}

type Line = {
  readonly socket: Socket
  readonly reading: AnswerReading
  readonly options: ConnectionOptions
  /** The request under way. */
  current: Sending | undefined
  connecting: NodeJS.Timeout | undefined
  isClosed: boolean
  isPaused: boolean
  /** Whether the provider keeps the connection after this answer. */
  isKept: boolean
  freeUntilMs: number
}

export function openConnection(options: ConnectionOptions): PlainConnection {
  const line: Line = {
    socket: connect({
      host: options.host,
      port: options.port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: tcpKeepAliveMs,
      onread: {
        buffer: room,
        callback(count) {
          receive(line, room.subarray(0, count))
          return !line.isPaused
        },
      },
    }),
    reading: createReading(),
    options,
    current: undefined,
    connecting: setTimeout(() => {
      fail(line, withCode('no connection within the connect timeout', 'UND_ERR_CONNECT_TIMEOUT'))
    }, options.connectTimeoutMs),
    isClosed: false,
    isPaused: false,
    isKept: false,
    freeUntilMs: 0,
  }
  listen(line)
  return {
    send(request, handler) {
      const sending: Sending = { request, handler, controller: controllerOf(line, () => line.current === sending) }
      line.current = sending
      if (line.connecting !== undefined) return
      line.socket.ref()
      write(line, sending)
    },
    freeUntilMs: () => line.freeUntilMs,
    close: () => close(line),
  }
}

function listen(line: Line): void {
  const { socket } = line
  socket.on('connect', () => {
    clearTimeout(line.connecting)
    line.connecting = undefined
    if (line.current !== undefined) write(line, line.current)
  })
  socket.on('error', (error) => fail(line, error))
  socket.on('end', () => {
    // Whose answer ends with the connection has it whole now.
    if (closeAnswer(line.reading)) close(line)
    else fail(line, withCode('connection closed by the provider', 'UND_ERR_SOCKET'))
  })
  socket.on('close', () => fail(line, withCode('connection closed by the provider', 'UND_ERR_SOCKET')))
}

/** The connection is of no more use, and the request under way has failed. */
function fail(line: Line, error: Error): void {
  if (line.isClosed) return
  line.isClosed = true
  clearTimeout(line.connecting)
  line.socket.destroy()
  line.options.onClosed()
  const { current } = line
  line.current = undefined
  current?.handler.onResponseError(current.controller, error)
}

function close(line: Line): void {
  fail(line, withCode('connection closed by the relay', 'UND_ERR_DESTROYED'))
}

function receive(line: Line, bytes: Buffer): void {
  const read = readAnswer(line.reading, bytes)
  if (typeof read === 'string') fail(line, withCode(read, 'HPE_INVALID'))
  // What nobody asked for: who knows whose answer that is.
  else if (read > 0) close(line)
}

function write(line: Line, { request: { head, body, bytes }, handler, controller }: Sending): void {
  handler.onRequestStart(controller)
  if (line.isClosed) return
  startAnswer(line.reading, {
    head(head) {
      line.isKept = head.isKept
      line.freeUntilMs = freeFor(head, line.options.keepAliveMs)
      handler.onResponseStart(controller, head.status, head.headers)
    },
    data: (given) => handler.onResponseData(controller, given),
    end() {
      line.current = undefined
      handler.onResponseEnd(controller)
      setFree(line)
    },
  })
  const { socket } = line
  if (body === null) socket.write(head, 'latin1')
  else if (typeof body === 'string' && bytes === body.length) socket.write(head + body, 'latin1')
  else {
    socket.cork()
    socket.write(head, 'latin1')
    socket.write(body)
    socket.uncork()
  }
}

function setFree(line: Line): void {
  // The rest of a request that was answered before its end would be read as another one.
  if (!line.isKept || line.freeUntilMs <= 0 || line.socket.writableLength > 0) return close(line)
  line.freeUntilMs += performance.now()
  resume(line)
  line.socket.unref()
  line.options.onFree()
}

/** What is done to a request that has ended does nothing to the next. */
function controllerOf(line: Line, isCurrent: () => boolean): CallController {
  return {
    abort(reason) {
      if (isCurrent()) fail(line, reason)
    },
    pause() {
      if (!isCurrent()) return
      line.isPaused = true
      line.socket.pause()
    },
    resume() {
      if (isCurrent()) resume(line)
    },
  }
}

function resume(line: Line): void {
  if (!line.isPaused) return
  line.isPaused = false
  line.socket.resume()
}

/** How long a connection may wait for its next request, in milliseconds. */
function freeFor({ keptSeconds }: ResponseHead, mostMs: number): number {
  return keptSeconds === undefined ? mostMs : Math.min(mostMs, keptSeconds * 1000 - leastLeftMs)
}

function withCode(message: string, code: string): Error {
  return Object.assign(new Error(message), { code })
}
