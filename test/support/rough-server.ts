import { createServer, type Socket } from 'node:net'
import { asObject, asString, type JsonObject } from '#lib/json.ts'
import { listenLocally } from './listen.ts'

/** A request that reached the rough server. */
export type RoughCall = {
  readonly model: string
  readonly body: JsonObject
  /** 1 for the first call of this model. */
  readonly attempt: number
  /** Whether another request came over this connection before. */
  readonly reused: boolean
  /** By the monotonic clock. */
  readonly atMs: number
  /** When the other side closed the connection; undefined while it is open. */
  leftAtMs?: number
}

/** Answers a request by writing to its socket: what is HTTP about it is up to the script. */
export type Script = (socket: Socket, call: RoughCall) => void | Promise<void>

export type RoughServer = {
  readonly url: string
  readonly calls: (model: string) => readonly RoughCall[]
  readonly close: () => Promise<void>
}

/**
 * A provider on a bare socket: it can break HTTP in ways that a server of HTTP cannot. The model's name up to the first `--`
 * chooses the script; an unknown name is a mistake of the test.
 */
export async function startRoughServer(scripts: Readonly<Record<string, Script>>): Promise<RoughServer> {
  const calls: RoughCall[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.setMaxListeners(0)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    readRequests(socket, (head, text) => {
      if (head.startsWith('GET ')) return void socket.write(json(200, '{"object":"list","data":[]}'))
      const body = asObject(JSON.parse(text))
      const model = asString(body['model']) ?? ''
      const attempt = calls.filter((call) => call.model === model).length + 1
      const reused = calls.some((call) => sockets.has(socket) && owner.get(call) === socket)
      const call: RoughCall = { model, body, attempt, reused, atMs: performance.now() }
      owner.set(call, socket)
      calls.push(call)
      socket.once('close', () => {
        call.leftAtMs ??= performance.now()
      })
      const name = model.split('--')[0] ?? ''
      const script = scripts[name]
      if (script === undefined) throw new Error(`no script ${name}`)
      void script(socket, call)
    })
  })
  const owner = new Map<RoughCall, Socket>()
  return {
    url: `http://127.0.0.1:${await listenLocally(server)}`,
    calls: (model) => calls.filter((call) => call.model === model),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Reads requests with a `content-length`, one after another. */
function readRequests(socket: Socket, onRequest: (head: string, body: string) => void): void {
  let rest = Buffer.alloc(0)
  socket.on('data', (bytes) => {
    rest = Buffer.concat([rest, typeof bytes === 'string' ? Buffer.from(bytes) : bytes])
    for (;;) {
      const headEnd = rest.indexOf('\r\n\r\n')
      if (headEnd < 0) return
      const head = rest.toString('latin1', 0, headEnd)
      const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0)
      if (rest.length < headEnd + 4 + length) return
      const body = rest.toString('utf8', headEnd + 4, headEnd + 4 + length)
      rest = rest.subarray(headEnd + 4 + length)
      onRequest(head, body)
    }
  })
}

/** An answer of HTTP as text; with `length` its size is told, else it ends with the connection. */
export function http(
  status: string,
  headers: Readonly<Record<string, string>>,
  body: string | Buffer,
  version: '1.0' | '1.1' = '1.1',
): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  return Buffer.concat([Buffer.from(`HTTP/${version} ${status}\r\n${lines.join('')}\r\n`), bytes])
}

export function json(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Buffer {
  const length = String(Buffer.byteLength(body))
  return http(`${status} Told`, { 'content-type': 'application/json', 'content-length': length, ...headers }, body)
}

/** A piece of a chunked body. */
export function chunk(bytes: string | Buffer): Buffer {
  const piece = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
  return Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')])
}

export const lastChunk = '0\r\n\r\n'

export const streamHead = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
