import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { test } from 'node:test'
import type { Failure } from '#canonical/failure.ts'
import { listenLocally } from '../../test/support/listen.ts'
import { call } from './call.ts'
import type { Connections } from './connections.ts'
import { createHttp2Pool } from './http2-pool.ts'
import { createPools } from './pools.ts'

const ours = (origin: string): Connections => createPools({ connectTimeoutMs: 2000 }).to(origin).pool
const undici = (origin: string): Connections => createHttp2Pool(origin, { connectTimeoutMs: 2000, keepAliveMs: 30_000 })

for (const place of ['onHead', 'onData', 'onEnd'] as const) {
  test(`what a handler throws in ${place} is told as a failure, once`, async () => {
    const server = createServer((_request, response) => response.end('hello'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    assert.ok(address !== null && typeof address !== 'string')
    const pool = ours(`http://127.0.0.1:${address.port}`)
    const failures: Failure[] = []
    await new Promise<void>((resolve) => {
      const handler = {
        onHead: () => {},
        onData: () => {},
        onEnd: () => {},
        onFailure(failure: Failure) {
          failures.push(failure)
          resolve()
        },
      }
      const broken = (): void => {
        throw new TypeError('not thought of')
      }
      call({ pool, prefix: '' }, { method: 'GET', path: '/', headers: {} }, { ...handler, [place]: broken })
    })
    assert.deepEqual(
      failures.map(({ message }) => message),
      ['not thought of'],
    )
    await pool.destroy()
    server.close()
  })
}

const pieces = Array.from({ length: 40 }, (_, at) => Buffer.alloc(100_000, 97 + (at % 26)))

for (const [over, connect] of [
  ['own connections', ours],
  ['undici’s', undici],
] as const) {
  test(`a body in pieces arrives whole, with its length told, over ${over}`, async () => {
    const { ended, arrived } = await sendPieces(connect, (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => response.end(String(Buffer.concat(chunks).equals(Buffer.concat(pieces)))))
    })
    assert.equal(arrived?.headers['content-length'], '4000000')
    assert.equal(arrived?.headers['transfer-encoding'], undefined)
    assert.deepEqual(ended, { status: 200, text: 'true' })
  })

  test(`a provider that refuses a body before it has read it is heard, over ${over}`, async () => {
    const { ended } = await sendPieces(connect, (_request, response) => {
      response.writeHead(413, { connection: 'close' })
      response.end('too large')
    })
    assert.deepEqual(ended, { status: 413, text: 'too large' })
  })
}

type Ended = { readonly status: number; readonly text: string } | Failure

async function sendPieces(
  connect: (origin: string) => Connections,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ readonly ended: Ended; readonly arrived: IncomingMessage | undefined }> {
  let arrived: IncomingMessage | undefined
  const server = createServer((request, response) => {
    arrived = request
    answer(request, response)
  })
  const pool = connect(`http://127.0.0.1:${await listenLocally(server)}`)
  const ended = await new Promise<Ended>((resolve) => {
    let status = 0
    let text = ''
    call(
      { pool, prefix: '' },
      { method: 'POST', path: '/', headers: {}, body: pieces },
      {
        onHead(given) {
          status = given
        },
        onData(bytes) {
          text += Buffer.from(bytes).toString()
        },
        onEnd: () => resolve({ status, text }),
        onFailure: resolve,
      },
    )
  })
  await pool.destroy()
  server.closeAllConnections()
  server.close()
  return { ended, arrived }
}
