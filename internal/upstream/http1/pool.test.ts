import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { listenLocally } from '../../../test/support/listen.ts'
import {
  type Asked,
  ask,
  assertHeldBack,
  counted,
  flood,
  ok,
  opened,
  ours,
  provider,
  question,
} from '../../../test/support/raw-provider.ts'
import { createPools } from '../pools.ts'

setFlagsFromString('--expose-gc')
const collect: (options: object) => void = runInNewContext('gc')

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

for (const [form, body] of [
  ['one piece', Buffer.alloc(30_000_000)],
  ['pieces', Array.from({ length: 200 }, () => Buffer.alloc(128 * 1024))],
] as const) {
  test(`an answer before a request in ${form} has been read is heard, and its connection not used again`, async () => {
    const { origin, connections } = await counted((socket) => {
      socket.once('data', () => {
        socket.pause()
        socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno')
      })
    })
    const to = ours(origin)
    const { status, body: answer } = await ask(to, { ...question, body }).ended
    assert.deepEqual([status, answer], [413, 'no'])
    await ask(to).ended
    assert.equal(connections(), 2)
  })
}

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

test('a request is let go when it has been written, not when its answer ends', async () => {
  const origin = await provider((socket) => {
    socket.once('data', () => socket.write(`${ok}Content-Length: 20\r\n\r\nbegun`))
  })
  const begin = (): { readonly asked: Asked; readonly sent: WeakRef<Buffer> } => {
    const body = Buffer.alloc(100_000)
    return { asked: ask(ours(origin), { ...question, body }), sent: new WeakRef(body) }
  }
  const { asked, sent } = begin()
  while (asked.heard.body === '') await sleep(1)
  for (let tries = 0; tries < 100 && sent.deref() !== undefined; tries++) {
    await sleep(1)
    collect({ type: 'major' })
  }
  assert.ok(sent.deref() === undefined)
  assert.equal(asked.heard.end, undefined)
})

test('who wants no more for now is sent no more', async () => {
  let provided: Socket | undefined
  const origin = await provider((socket) => {
    provided = socket
    flood(socket)
  })
  await assertHeldBack(ask(ours(origin)), () => provided)
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
  const waiting = Array.from({ length: 4 }, () => connect(Number(String(told)), '127.0.0.1').on('error', () => {}))
  await sleep(50)
  const { error } = await ask(ours(`http://127.0.0.1:${Number(String(told))}`, 50)).ended
  stopped.kill('SIGKILL')
  for (const socket of waiting) socket.destroy()
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
