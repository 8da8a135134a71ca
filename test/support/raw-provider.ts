import assert from 'node:assert/strict'
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CallController, Connections, OutgoingRequest } from '#upstream/connections.ts'
import { createPools } from '#upstream/pools.ts'
import { listenLocally } from './listen.ts'

const servers: Server[] = []
const sockets = new Set<Socket>()
/** What is closed after each test. */
export const opened: { readonly close: () => Promise<void> }[] = []

afterEach(async () => {
  for (const pools of opened.splice(0)) await pools.close()
  for (const socket of sockets) socket.destroy()
  for (const server of servers.splice(0)) server.close()
})

/** The port of a server, which is closed after the test with all of its connections. */
export function listen(server: Server): Promise<number> {
  servers.push(server)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  return listenLocally(server)
}

/** A provider that does as it is told with each connection. */
export async function provider(onConnection: (socket: Socket, number: number) => void): Promise<string> {
  let number = 0
  return `http://127.0.0.1:${await listen(createServer((socket) => onConnection(socket, ++number)))}`
}

/** Connections as the relay has them. */
export function ours(origin: string, connectTimeoutMs = 2000): Connections {
  const pools = createPools({ connectTimeoutMs })
  opened.push(pools)
  return pools.to(origin).pool
}

/** The same for each connection; and how many there have been. */
export async function counted(
  onConnection: (socket: Socket) => void,
): Promise<{ readonly origin: string; readonly connections: () => number }> {
  let connections = 0
  const origin = await provider((socket, number) => {
    connections = number
    onConnection(socket)
  })
  return { origin, connections: () => connections }
}

/** What was heard of a request. */
export type Heard = {
  status?: number
  headers?: unknown
  body: string
  end?: 'whole' | 'broken'
  error?: Error
}

/** A request under way. */
export type Asked = {
  readonly heard: Heard
  readonly ended: Promise<Heard>
  readonly controller: () => CallController | undefined
}

/** What is asked where nothing else is said. */
export const question: OutgoingRequest = {
  method: 'POST',
  path: '/v1/x',
  headers: { 'content-type': 'application/json' },
  body: '{}',
}

/** Asks, and gives what is heard until the end. */
export function ask(to: Connections, request = question): Asked {
  const heard: Heard = { body: '' }
  const { promise, resolve } = Promise.withResolvers<Heard>()
  let controller: CallController | undefined
  to.dispatch(request, {
    onRequestStart(given) {
      controller = given
    },
    onResponseStart(_controller, status, headers) {
      heard.status = status
      heard.headers = { ...headers }
    },
    onResponseData(_controller, chunk) {
      heard.body += Buffer.from(chunk).toString('latin1')
    },
    onResponseEnd() {
      heard.end = 'whole'
      resolve(heard)
    },
    onResponseError(_controller, error) {
      heard.end = 'broken'
      heard.error = error
      resolve(heard)
    },
  })
  return { heard, ended: promise, controller: () => controller }
}

/** How an answer begins. */
export const ok = 'HTTP/1.1 200 OK\r\n'

const piece = Buffer.alloc(64 * 1024, 'x')
const pieces = 400

/** Answers the first request with far more than fits between here and there. */
export function flood(socket: Socket): void {
  socket.once('data', () => {
    socket.write(`${ok}Content-Length: ${piece.length * pieces}\r\n\r\n`)
    for (let count = 0; count < pieces; count++) socket.write(piece)
  })
}

/** Of a request that is answered so: while it wants no more it is sent no more, and all of it after that. */
export async function assertHeldBack(asked: Asked, flooding: () => Socket | undefined): Promise<void> {
  while (asked.heard.body === '') await sleep(1)
  asked.controller()?.pause()
  await sleep(50)
  const before = asked.heard.body.length
  await sleep(50)
  assert.equal(asked.heard.body.length, before)
  assert.ok((flooding()?.writableLength ?? 0) > 0)
  asked.controller()?.resume()
  assert.equal((await asked.ended).body.length, piece.length * pieces)
}
