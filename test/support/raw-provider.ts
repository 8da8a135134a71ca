import { createServer, type Server, type Socket } from 'node:net'
import { afterEach } from 'node:test'
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

/** A provider that does as it is told with each connection. */
export async function provider(onConnection: (socket: Socket, number: number) => void): Promise<string> {
  let number = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    onConnection(socket, ++number)
  })
  servers.push(server)
  return `http://127.0.0.1:${await listenLocally(server)}`
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
