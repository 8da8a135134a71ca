import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { listenLocally } from '../../test/support/listen.ts'
import { readBody } from './body.ts'
import type { ClientRequest } from './http/client-request.ts'
import { createLightServer } from './http/server.ts'

/** A server, and the first request that it gets, of which nothing is read yet. */
async function firstRequest(text: string) {
  const { promise, resolve } = Promise.withResolvers<ClientRequest>()
  const server = createLightServer({}, resolve)
  const client = connect(await listenLocally(server), '127.0.0.1')
  client.on('error', () => {})
  client.write(text)
  return { server, client, request: await promise }
}

test('who left before his body was read is gone', async () => {
  const { server, client, request } = await firstRequest('POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\n\r\nhalf')
  client.destroy()
  while (!request.destroyed) await sleep(1)
  assert.deepEqual(await readBody(request, 1000), { ok: false, error: { kind: 'gone' } })
  server.close()
})

test('a body that came whole before anybody listened is read', async () => {
  const { server, client, request } = await firstRequest('POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nwhole')
  await sleep(20)
  const body = await readBody(request, 1000)
  assert.ok(body.ok)
  assert.equal(body.value.toString(), 'whole')
  client.destroy()
  server.close()
})

test('a body that is announced to be too large is refused before it comes, however large', async () => {
  for (const bytes of ['1001', '10000000000000000', '18446744073709551615']) {
    const { server, client, request } = await firstRequest(`POST / HTTP/1.1\r\nhost: h\r\ncontent-length: ${bytes}\r\n\r\n`)
    const body = await readBody(request, 1000)
    assert.equal(body.ok ? undefined : body.error.kind, 'too_large', bytes)
    client.destroy()
    server.close()
  }
})
