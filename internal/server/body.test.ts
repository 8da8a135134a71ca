import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { listenLocally } from '../../test/support/listen.ts'
import { readBody } from './body.ts'

test('who left before his body was read is gone', async () => {
  const server = createServer()
  const port = await listenLocally(server)
  const client = connect(port, '127.0.0.1')
  client.on('error', () => {})
  client.write('POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\n\r\nhalf')
  const [request] = await once(server, 'request')
  assert.ok(request instanceof IncomingMessage)
  request.on('error', () => {})
  client.destroy()
  await new Promise((resolve) => request.once('close', resolve))
  assert.deepEqual(await readBody(request, 1000), { ok: false, error: { kind: 'gone' } })
  server.close()
})

test('a body that came whole before anybody listened is read', async () => {
  const server = createServer()
  const port = await listenLocally(server)
  const client = connect(port, '127.0.0.1')
  client.write('POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nwhole')
  const [request] = await once(server, 'request')
  assert.ok(request instanceof IncomingMessage)
  await new Promise((resolve) => setTimeout(resolve, 20))
  const body = await readBody(request, 1000)
  assert.ok(body.ok)
  assert.equal(body.value.toString(), 'whole')
  client.destroy()
  server.close()
})
