import type { Socket } from 'node:net'
import { isInPieces, writePieces } from '#lib/slices/pieces.ts'
import type { CallController, OutgoingRequest, ResponseHandler } from '../connections.ts'
import { type AnswerReading, closeAnswer, createReading, readAnswer, startAnswer } from './answer-reader.ts'
import type { HeadReader, ResponseHead } from './response-head.ts'
import type { OpenSocket } from './socket.ts'

/** A connection to a provider that speaks HTTP/1.1; it carries one request after the other. */
export type Http1Connection = {
  /** Only when it is free. */
  readonly send: (request: WrittenRequest, handler: ResponseHandler) => void
  /** Until when it may be used again, once it is free; by the monotonic clock, in milliseconds. */
  readonly freeUntilMs: () => number
  /** What is under way fails. */
  readonly close: () => void
}

/** `bytes`: of the body. */
export type WrittenRequest = { readonly head: string; readonly bytes: number; readonly request: OutgoingRequest }

export type ConnectionOptions = {
  readonly openSocket: OpenSocket
  readonly readHead: HeadReader
  readonly connectTimeoutMs: number
  /** The longest that it is kept without a request, in milliseconds. */
  readonly keepAliveMs: number
  /** It has become free. */
  readonly onFree: () => void
  /** It is of no more use. */
  readonly onClosed: () => void
  /** The provider does not speak HTTP/1.1; the request has not been begun. */
  readonly onOtherProtocol: (request: OutgoingRequest, handler: ResponseHandler) => void
}

// Providers say how long they keep a connection; what is sent in the last moment would meet a closed one.
const leastLeftMs = 2000
// TLS's alert `no_application_protocol` (RFC 7301, section 3.2) by its name in OpenSSL.
const noSuchProtocol = 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL'

// What is read is told, or copied, before anything else is read: all connections share the room.
const room = Buffer.allocUnsafeSlow(64 * 1024)

type Sending = {
  /** Until it has been written: an answer takes much longer, and a prompt may be large. */
  written: WrittenRequest | undefined
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
  /** Whether pieces of the request's body are still to be written. */
  isWriting: boolean
  /** Whether the provider keeps the connection after this answer. */
  isKept: boolean
  freeUntilMs: number
}

export function openConnection(options: ConnectionOptions): Http1Connection {
  const { socket, readyEvent } = options.openSocket({
    buffer: room,
    callback(count) {
      receive(line, room.subarray(0, count))
      return !line.isPaused
    },
  })
  const line: Line = {
    socket,
    reading: createReading(options.readHead),
    options,
    current: undefined,
    connecting: setTimeout(() => {
      fail(line, withCode('no connection within the connect timeout', 'UND_ERR_CONNECT_TIMEOUT'))
    }, options.connectTimeoutMs),
    isClosed: false,
    isPaused: false,
    isWriting: false,
    isKept: false,
    freeUntilMs: 0,
  }
  listen(line, readyEvent)
  return {
    send(written, handler) {
      const sending: Sending = { written, handler, controller: controllerOf(line, () => line.current === sending) }
      line.current = sending
      if (line.connecting !== undefined) return
      line.socket.ref()
      write(line, sending)
    },
    freeUntilMs: () => line.freeUntilMs,
    close: () => close(line),
  }
}

function listen(line: Line, readyEvent: string): void {
  const { socket } = line
  socket.on(readyEvent, () => {
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
  if (current === undefined) return
  const { written, handler, controller } = current
  if (written !== undefined && 'code' in error && error.code === noSuchProtocol)
    line.options.onOtherProtocol(written.request, handler)
  else handler.onResponseError(controller, error)
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

function write(line: Line, sending: Sending): void {
  const { written, handler, controller } = sending
  sending.written = undefined
  handler.onRequestStart(controller)
  if (line.isClosed || written === undefined) return
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
  writeRequest(line, written, () => line.current === sending)
}

function writeRequest(line: Line, { head, bytes, request: { body } }: WrittenRequest, isCurrent: () => boolean): void {
  const { socket } = line
  if (body === null) socket.write(head, 'latin1')
  else if (isInPieces(body)) {
    line.isWriting = true
    socket.write(head, 'latin1')
    const write = (piece: Uint8Array): boolean => socket.write(piece)
    void writePieces(body, { write, canTakeMore: () => canTakeMore(socket), isWanted: isCurrent }).then((isWhole) => {
      if (isWhole) line.isWriting = false
    })
  } else if (typeof body === 'string' && bytes === body.length) socket.write(head + body, 'latin1')
  else {
    socket.cork()
    socket.write(head, 'latin1')
    socket.write(body)
    socket.uncork()
  }
}

/** Or is closed. */
function canTakeMore(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done)
      resolve()
    }
    socket.on('drain', done).on('close', done)
  })
}

function setFree(line: Line): void {
  // The rest of a request that was answered before its end would be read as another one.
  if (!line.isKept || line.isWriting || line.freeUntilMs <= 0) return close(line)
  if (line.socket.writableLength === 0) beFree(line)
  // TLS tells what was written some moments later, and the answer may be here before.
  else setImmediate(beFree, line)
}

function beFree(line: Line): void {
  if (line.isClosed) return
  if (line.socket.writableLength > 0) return close(line)
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
