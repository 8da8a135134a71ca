import assert from 'node:assert/strict'
import { createServer, get, type IncomingMessage } from 'node:http'
import { type TestContext, test } from 'node:test'
import { createFakeClock, type FakeClock } from '#lib/fake-clock.ts'
import { createLive } from './live.ts'

type World = { readonly clock: FakeClock; readonly connect: () => Promise<IncomingMessage> }

async function setUp(t: TestContext, read: () => unknown): Promise<World> {
  const clock = createFakeClock()
  const live = createLive({ clock, read })
  const server = createServer((_, response) => {
    if (!live.open(response)) response.writeHead(503).end()
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  return { clock, connect: () => new Promise((resolve) => get({ port, host: '127.0.0.1', agent: false }, resolve)) }
}

async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; waited < 5000 && !holds(); waited += 5) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.ok(holds())
}

test('live: sends the status at once and every second, while a page is open', async (t) => {
  let reads = 0
  const { clock, connect } = await setUp(t, () => ({ reads: ++reads }))
  assert.equal(clock.pending(), 0)
  const page = await connect()
  assert.match(page.headers['content-type'] ?? '', /^text\/event-stream/)
  let text = ''
  page.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
  })
  await until(() => text === 'retry: 2000\nevent: status\ndata: {"reads":1}\n\n')
  clock.advance(1000)
  await until(() => text.endsWith('event: status\ndata: {"reads":2}\n\n'))
  page.destroy()
  await until(() => clock.pending() === 0)
  clock.advance(5000)
  assert.equal(reads, 2)
})

test('live: the status is read once for all pages, whose number has an end', async (t) => {
  let reads = 0
  const { clock, connect } = await setUp(t, () => ++reads)
  const pages = await Promise.all(Array.from({ length: 32 }, connect))
  assert.ok(pages.every((page) => page.statusCode === 200))
  assert.equal((await connect()).statusCode, 503)
  const before = reads
  clock.advance(1000)
  assert.equal(reads, before + 1)
  for (const page of pages) page.destroy()
  await until(() => clock.pending() === 0)
  assert.equal((await connect()).statusCode, 200)
})
