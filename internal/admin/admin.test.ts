import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { createAdmin } from './admin.ts'
import { text } from './admin-answer.ts'

const server = createAdmin({
  routes: { 'GET /': () => text(200, 'the page'), 'POST /say': ({ body }) => text(200, body) },
  guard: { hosts: () => [], open: new Set() },
  onBug: (error) => assert.fail(String(error)),
})
let port = 0

before(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  port = typeof bound === 'object' && bound !== null ? bound.port : 0
})
after(() => server.close())

/** Everything that comes until the connection is closed. */
async function send(request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(request)
  let answer = ''
  socket.setEncoding('utf8').on('data', (part: string) => {
    answer += part
  })
  socket.on('error', () => {})
  await once(socket, 'close')
  return answer
}

test('a path that begins with two slashes is not that of another host', async () => {
  assert.match(await send('GET //say HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n'), /^HTTP\/1\.1 404 .*\/\/say/s)
})

test('a body that is too large is refused before its end, and not read on', async () => {
  const answer = await send(`POST /say HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9000000\r\n\r\n${'x'.repeat(2_000_000)}`)
  assert.match(answer, /^HTTP\/1\.1 413 .*connection: close/is)
})
