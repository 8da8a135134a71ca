import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { Pool } from 'undici'
import type { Failure } from '#canonical/failure.ts'
import { call } from './call.ts'

for (const place of ['onHead', 'onData', 'onEnd'] as const) {
  test(`what a handler throws in ${place} is told as a failure, once`, async () => {
    const server = createServer((_request, response) => response.end('hello'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    assert.ok(address !== null && typeof address !== 'string')
    const pool = new Pool(`http://127.0.0.1:${address.port}`)
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
    await pool.close()
    server.close()
  })
}
