import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { listenLocally } from '../../../test/support/listen.ts'
import type { CallController, Connections, OutgoingRequest } from '../connections.ts'
import { createPools, type Pools } from '../pools.ts'

const servers: Server[] = []
const sockets = new Set<Socket>()
const opened: (Pools | Pool)[] = []

afterEach(async () => {
  for (const pool of opened.splice(0)) await (pool instanceof Pool ? pool.destroy() : pool.close())
  for (const socket of sockets) socket.destroy()
  for (const server of servers.splice(0)) server.close()
})

/** A provider that does as it is told with each connection. */
async function provider(onConnection: (socket: Socket, number: number) => void): Promise<string> {
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

function ours(origin: string, connectTimeoutMs = 2000): Connections {
  const pools = createPools({ connectTimeoutMs })
  opened.push(pools)
  return pools.to(origin).pool
}

/** The same for each connection; and how many there have been. */
async function counted(
  onConnection: (socket: Socket) => void,
): Promise<{ readonly origin: string; readonly connections: () => number }> {
  let connections = 0
  const origin = await provider((socket, number) => {
    connections = number
    onConnection(socket)
  })
  return { origin, connections: () => connections }
}

type Heard = {
  status?: number
  headers?: unknown
  body: string
  end?: 'whole' | 'broken'
  error?: Error
}

type Asked = { readonly heard: Heard; readonly ended: Promise<Heard>; readonly controller: () => CallController | undefined }

const question: OutgoingRequest = { method: 'POST', path: '/v1/x', headers: { 'content-type': 'application/json' }, body: '{}' }

function ask(to: Connections, request = question): Asked {
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

const ok = 'HTTP/1.1 200 OK\r\n'
const answers: Readonly<Record<string, string>> = {
  'an announced length': `${ok}Content-Length: 5\r\nX-A: b\r\n\r\nhello`,
  'a length of nothing': `${ok}Content-Length: 0\r\n\r\n`,
  chunks: `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nB; a=b\r\n hello again\r\n0\r\n\r\n`,
  'chunks with trailers': `${ok}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n00\r\nX-Late: 1\r\nX-Later: 2\r\n\r\n`,
  'a body until the end of the connection': `${ok}Content-Type: text/plain\r\n\r\nhello`,
  'a body that HTTP/1.0 sends': 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  'no reason': 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi',
  'an empty reason': 'HTTP/1.1 404 \r\nContent-Length: 2\r\n\r\nhi',
  'an answer before the answer': `HTTP/1.1 103 Early Hints\r\nLink: w\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${ok}Content-Length: 2\r\n\r\nhi`,
  'no content': 'HTTP/1.1 204 No Content\r\nX: y\r\n\r\n',
  'values twice': `${ok}Content-Length: 0\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nX: 1\r\nx: 2\r\nX: 3\r\n\r\n`,
  'names of the language': `${ok}Content-Length: 0\r\nconstructor: a\r\n__proto__: b\r\ntoString: c\r\nconstructor: d\r\n\r\n`,
  'spaces around values': `${ok}Content-Length: 0\r\nX:\t a b\r\nY:\r\n\r\n`,
  'bytes beyond ASCII': `${ok}Content-Length: 1\r\nX: na\xefve\xa0\r\n\r\n\xff`,
  'less than announced': `${ok}Content-Length: 50\r\n\r\nhello`,
  'chunks without their end': `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
  'a chunk that is longer than it says': `${ok}Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n`,
  'chunks of no size': `${ok}Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n`,
  'a chunk of vast size': `${ok}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello`,
  'a length and chunks': `${ok}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'two lengths': `${ok}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`,
  'a length that is none': `${ok}Content-Length: 3x\r\n\r\nabc`,
  'a length below nothing': `${ok}Content-Length: -3\r\n\r\nabc`,
  'no HTTP': 'SSH-2.0-OpenSSH_9.6\r\n\r\n',
  'another version': 'HTTP/3.0 200 OK\r\nContent-Length: 0\r\n\r\n',
  'no status': 'HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n',
  'a header without a colon': `${ok}Content-Length: 0\r\nnothing\r\n\r\n`,
  'a space before the colon': `${ok}Content-Length : 0\r\n\r\n`,
  'a header without a name': `${ok}: x\r\nContent-Length: 0\r\n\r\n`,
  'a null byte in a header': `${ok}Content-Length: 0\r\nX: a\x00b\r\n\r\n`,
  'a head that does not end': `${ok}Content-Length: 0\r\n`,
  nothing: '',
}

/** Sends the answer in so many pieces, and closes. */
function answering(answer: string, pieces: number): (socket: Socket) => void {
  return (socket) => {
    socket.once('data', async () => {
      const bytes = Buffer.from(answer, 'latin1')
      const length = Math.max(1, Math.ceil(bytes.length / pieces))
      for (let at = 0; at < bytes.length; at += length) {
        socket.write(bytes.subarray(at, at + length))
        if (pieces > 1) await sleep(1)
      }
      socket.end()
    })
  }
}

for (const [name, answer] of Object.entries(answers)) {
  test(`understood as undici does: ${name}`, async () => {
    for (const pieces of [1, 7]) {
      const origin = await provider(answering(answer, pieces))
      const pool = new Pool(origin, { pipelining: 1 })
      opened.push(pool)
      const [expected, heard] = await Promise.all([ask(pool).ended, ask(ours(origin)).ended])
      const told = ({ status, headers, body, end }: Heard): unknown => (end === 'whole' ? { status, headers, body } : end)
      assert.deepEqual(told(heard), told(expected), `in ${pieces} pieces`)
    }
  })
}

// What RFC 9110 and 9112 have, and undici does not take.
for (const [name, answer] of [
  ['to go on, which nobody asked for', `HTTP/1.1 100 Continue\r\n\r\n${ok}Content-Length: 2\r\n\r\nhi`],
  ['spaces around its length', `${ok}Content-Length: \t2 \r\n\r\nhi`],
] as const) {
  test(`an answer is understood that has ${name}`, async () => {
    const { status, body, end } = await ask(ours(await provider(answering(answer, 3)))).ended
    assert.deepEqual([status, body, end], [200, 'hi', 'whole'])
  })
}

test('one connection carries one request after the other, and as many as there are at once', async () => {
  const seen: string[] = []
  const origin = await provider((socket, number) => {
    socket.on('data', (bytes) => {
      seen.push(`${number} ${String(bytes).split(' ')[1]}`)
      socket.write(`${ok}Content-Length: 2\r\n\r\nhi`)
    })
  })
  const to = ours(origin)
  await ask(to, { ...question, path: '/a' }).ended
  await ask(to, { ...question, path: '/b' }).ended
  const both = await Promise.all([ask(to, { ...question, path: '/c' }).ended, ask(to, { ...question, path: '/d' }).ended])
  assert.deepEqual(
    both.map(({ body }) => body),
    ['hi', 'hi'],
  )
  assert.deepEqual(seen.toSorted(), ['1 /a', '1 /b', '1 /c', '2 /d'])
})

for (const [name, head] of [
  ['says that it closes', 'Connection: close\r\n'],
  ['keeps it too short to be used', 'Keep-Alive: timeout=2\r\n'],
] as const) {
  test(`a connection is not used again that the provider ${name}`, async () => {
    const { origin, connections } = await counted((socket) => {
      socket.on('data', () => socket.write(`${ok}${head}Content-Length: 2\r\n\r\nhi`))
    })
    const to = ours(origin)
    for (const _time of [1, 2]) assert.equal((await ask(to).ended).end, 'whole')
    assert.equal(connections(), 2)
  })
}

test('a connection that the provider has closed in the meantime is not used', async () => {
  const { origin, connections } = await counted((socket) => {
    socket.on('data', () => {
      socket.write(`${ok}Content-Length: 2\r\n\r\nhi`)
      setTimeout(() => socket.end(), 20)
    })
  })
  const to = ours(origin)
  await ask(to).ended
  await sleep(60)
  assert.equal((await ask(to).ended).end, 'whole')
  assert.equal(connections(), 2)
})

test('what comes after an answer is nobody’s, and the connection is closed', async () => {
  const { origin, connections } = await counted((socket) => {
    socket.on('data', () => socket.write(`${ok}Content-Length: 2\r\n\r\nhi${ok}Content-Length: 5\r\n\r\nwrong`))
  })
  const to = ours(origin)
  for (const _time of [1, 2]) assert.deepEqual((await ask(to).ended).body, 'hi')
  assert.equal(connections(), 2)
})

test('an answer before the request has been read is heard, and its connection not used again', async () => {
  const { origin, connections } = await counted((socket) => {
    socket.once('data', () => {
      socket.pause()
      socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno')
    })
  })
  const to = ours(origin)
  const { status, body } = await ask(to, { ...question, body: Buffer.alloc(30_000_000) }).ended
  assert.deepEqual([status, body], [413, 'no'])
  await ask(to).ended
  assert.equal(connections(), 2)
})

test('a request that is ended closes its connection, and can do nothing to the next', async () => {
  let closed = 0
  const origin = await provider((socket) => {
    socket.on('data', (bytes) => {
      if (String(bytes).includes('/hang')) socket.write(`${ok}Content-Length: 20\r\n\r\nbegun`)
      else socket.write(`${ok}Content-Length: 2\r\n\r\nhi`)
    })
    socket.on('close', () => closed++)
  })
  const to = ours(origin)
  const first = ask(to)
  await first.ended
  const hanging = ask(to, { ...question, path: '/hang' })
  first.controller()?.abort(new Error('too late'))
  while (hanging.heard.body === '') await sleep(1)
  assert.equal(closed, 0)
  hanging.controller()?.abort(new Error('enough'))
  assert.equal((await hanging.ended).error?.message, 'enough')
  while (closed === 0) await sleep(1)
})

test('who wants no more for now is sent no more', async () => {
  const piece = Buffer.alloc(64 * 1024, 'x')
  let provided: Socket | undefined
  const origin = await provider((socket) => {
    provided = socket
    socket.once('data', () => {
      socket.write(`${ok}Content-Length: ${piece.length * 400}\r\n\r\n`)
      for (let count = 0; count < 400; count++) socket.write(piece)
    })
  })
  const asked = ask(ours(origin))
  while (asked.heard.body === '') await sleep(1)
  asked.controller()?.pause()
  await sleep(50)
  const before = asked.heard.body.length
  await sleep(50)
  assert.equal(asked.heard.body.length, before)
  assert.ok((provided?.writableLength ?? 0) > 0)
  asked.controller()?.resume()
  assert.equal((await asked.ended).body.length, piece.length * 400)
})

test('who cannot be reached is told with the code of the system', async () => {
  const closed = createServer()
  const port = await listenLocally(closed)
  closed.close()
  await once(closed, 'close')
  const { error } = await ask(ours(`http://127.0.0.1:${port}`)).ended
  assert.ok(error !== undefined && 'code' in error && error.code === 'ECONNREFUSED')
})

test('a connection that does not come about in time is given up', async () => {
  // A process that has been stopped takes no connections; once its queue is full, the system answers no more.
  const listening =
    "require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () { console.log(this.address().port) })"
  const stopped = spawn(process.execPath, ['-e', listening], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [told] = await once(stopped.stdout, 'data')
  stopped.kill('SIGSTOP')
  for (let count = 0; count < 4; count++) {
    const waiting = connect(Number(String(told)), '127.0.0.1').on('error', () => {})
    sockets.add(waiting)
  }
  await sleep(50)
  const { error } = await ask(ours(`http://127.0.0.1:${Number(String(told))}`, 50)).ended
  stopped.kill('SIGKILL')
  assert.ok(error !== undefined && 'code' in error)
  assert.equal(error.code, 'UND_ERR_CONNECT_TIMEOUT')
})

for (const wrong of [
  { headers: { 'x-a': 'b\r\nx-c: d' } },
  { headers: { 'x a': 'b' } },
  { path: '/a b' },
  { path: 'a' },
] as const) {
  test(`what cannot be written throws: ${JSON.stringify(wrong)}`, () => {
    assert.throws(() => ask(ours('http://127.0.0.1:9'), { ...question, ...wrong }), /^Error: invalid /)
  })
}

test('the request goes over the wire as it was given', async () => {
  const requests: string[] = []
  const origin = await provider((socket) => {
    socket.on('data', (bytes) => {
      requests.push(bytes.toString('latin1'))
      socket.write(`${ok}Content-Length: 0\r\n\r\n`)
    })
  })
  const to = ours(origin)
  const host = origin.slice('http://'.length)
  for (const body of [null, 'ascii', '✓', Buffer.from('bytes\xff', 'latin1')]) {
    await ask(to, { ...question, headers: { 'x-name': 'na\u00efve' }, body }).ended
  }
  await ask(to, { method: 'GET', path: '/models', headers: { host: 'other' }, body: null }).ended
  await ask(to, { method: 'GET', path: '/models', headers: { connection: 'close' }, body: null }).ended
  const head = (length: number): string =>
    `POST /v1/x HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\nx-name: na\u00efve\r\ncontent-length: ${length}\r\n\r\n`
  assert.deepEqual(requests, [
    head(0),
    `${head(5)}ascii`,
    head(3) + Buffer.from('✓').toString('latin1'),
    `${head(6)}bytes\xff`,
    'GET /models HTTP/1.1\r\nconnection: keep-alive\r\nhost: other\r\n\r\n',
    `GET /models HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`,
  ])
})

test('when its pool is closed a request under way ends, and its connection with it', async () => {
  let closed = 0
  const origin = await provider((socket) => {
    socket.on('data', () => setTimeout(() => socket.write(`${ok}Content-Length: 2\r\n\r\nhi`), 30))
    socket.on('close', () => closed++)
  })
  const pools = createPools({ connectTimeoutMs: 1000 })
  opened.push(pools)
  const asked = ask(pools.to(origin).pool)
  pools.keepOnly([])
  assert.equal((await asked.ended).body, 'hi')
  while (closed === 0) await sleep(1)
})
