import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { afterEach, test } from 'node:test'
import { listenLocally } from '../../test/support/listen.ts'
import { createPools } from './pools.ts'
import { type Posted, postText } from './post-text.ts'

const closes: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closes.splice(0)) await close()
})

type Asked = { readonly posted: Promise<Posted>; readonly closed: Promise<void> }

async function post(
  answer: RequestListener,
  limits: { readonly timeoutMs?: number; readonly mostBytes?: number } = {},
): Promise<Asked> {
  const closed = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    request.socket.on('close', () => closed.resolve())
    answer(request, response)
  })
  const pools = createPools({ connectTimeoutMs: 1000 })
  const url = new URL(`http://127.0.0.1:${await listenLocally(server)}/hooks/a?b=c`)
  closes.push(async () => {
    await pools.close()
    server.closeAllConnections()
    server.close()
  })
  const options = { headers: { 'x-own': 'd' }, timeoutMs: 1000, mostBytes: 1000, ...limits }
  return { posted: postText(pools, url, 'What do you think? ✓', options), closed: closed.promise }
}

test('a text is posted as it is, and the answer given with its status', async () => {
  let came: Pick<IncomingMessage, 'method' | 'url' | 'headers'> | undefined
  let body = ''
  const { posted } = await post((request, response) => {
    came = request
    request.setEncoding('utf8').on('data', (text) => {
      body += text
    })
    request.on('end', () => {
      response.writeHead(418)
      response.write('I am ')
      setTimeout(() => response.end('a teapot ✓'), 5)
    })
  })
  assert.deepEqual(await posted, { status: 418, text: 'I am a teapot ✓' })
  assert.deepEqual([came?.method, came?.url, came?.headers['x-own'], body], ['POST', '/hooks/a?b=c', 'd', 'What do you think? ✓'])
})

test('the mark in front of a text is no part of it', async () => {
  const { posted } = await post((_request, response) => response.end('\uFEFF{}'))
  assert.deepEqual(await posted, { status: 200, text: '{}' })
})

test('a redirect is an answer like any other', async () => {
  const { posted } = await post((_request, response) => response.writeHead(307, { location: '/elsewhere' }).end())
  assert.deepEqual(await posted, { status: 307, text: '' })
})

test('who does not answer in time is not waited for, and the connection closed', async () => {
  const { posted, closed } = await post((_request, response) => response.write('yes, '), { timeoutMs: 50 })
  await assert.rejects(posted, /no answer within 50 ms/)
  await closed
})

test('an answer that is too large is not read to its end', async () => {
  const { posted, closed } = await post((_request, response) => response.write('x'.repeat(2000)))
  await assert.rejects(posted, /its answer is too large/)
  await closed
})

test('a connection that breaks is told', async () => {
  const { posted } = await post((request) => request.socket.destroy())
  await assert.rejects(posted, /connection/)
})
