import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Failure } from '#canonical/failure.ts'
import type { ProviderConfig } from '#config/config.ts'
import { err, ok } from '#lib/result.ts'
import type { Authenticator, Outgoing } from '#provider/provider.ts'
import { findProvider } from '#provider/registry.ts'
import { createPools, type Pools } from '#upstream/pools.ts'
import { listenLocally } from '../../test/support/listen.ts'
import { authorizedCall } from './authorized-call.ts'

let server: Server
let pools: Pools
let baseUrl = ''
const seen: { readonly path: string; readonly authorization: string | undefined }[] = []

before(async () => {
  server = createServer((request, response) => {
    seen.push({ path: request.url ?? '', authorization: request.headers.authorization })
    response.writeHead(request.url?.includes('refused') === true ? 401 : 200).end('done')
  })
  baseUrl = `http://127.0.0.1:${await listenLocally(server)}/base`
  pools = createPools({ connectTimeoutMs: 1000 })
})
after(async () => {
  await pools.close()
  server.close()
})

function provider(authenticator?: Authenticator): ProviderConfig {
  const type = findProvider('openai')
  assert.ok(type)
  const plain: ProviderConfig = { name: 'p', type, baseUrl, keys: [], headers: {}, options: {} }
  return authenticator === undefined ? plain : { ...plain, authenticator }
}

type Heard = { readonly status?: number; readonly failure?: Failure }

function send(config: ProviderConfig, path: string) {
  const { promise, resolve } = Promise.withResolvers<Heard>()
  const request = { method: 'POST', path, headers: { 'x-own': '1' }, body: '{}' } as const
  let status = 0
  const call = authorizedCall(pools, { provider: config, key: 'k' }, request, {
    onHead: (given) => {
      status = given
    },
    onData() {},
    onEnd: () => resolve({ status }),
    onFailure: (failure) => resolve({ failure }),
  })
  return { call, ended: promise }
}

test('a key that is enough by itself goes at once', async () => {
  assert.deepEqual(await send(provider(), '/plain').ended, { status: 200 })
  assert.deepEqual(seen.at(-1), { path: '/base/plain', authorization: 'Bearer k' })
})

test('a request waits for its proof, which covers what is sent', async () => {
  const asked: Outgoing[] = []
  const authenticator: Authenticator = {
    async headers(request, key) {
      asked.push(request)
      await sleep(10)
      return ok({ authorization: `Token of ${key}` })
    },
    refused() {},
  }
  assert.deepEqual(await send(provider(authenticator), '/m:x?y=1').ended, { status: 200 })
  assert.deepEqual(seen.at(-1), { path: '/base/m:x?y=1', authorization: 'Token of k' })
  const [request] = asked
  assert.equal(request?.url.href, `${baseUrl}/m:x?y=1`)
  assert.equal(request?.method, 'POST')
  assert.equal(request?.body, '{}')
  assert.deepEqual(request?.headers, { 'x-own': '1' })
})

test('credentials that are not given are the failure, and nothing is sent', async () => {
  const failure: Failure = { kind: 'auth', phase: 'connect', message: 'no' }
  const before = seen.length
  const heard = await send(provider({ headers: async () => err(failure), refused() {} }), '/x').ended
  assert.deepEqual(heard, { failure })
  assert.equal(seen.length, before)
})

test('an authenticator that throws fails the one attempt', async () => {
  const headers = () => Promise.reject(new Error('bug'))
  const { failure } = await send(provider({ headers, refused() {} }), '/x').ended
  assert.equal(failure?.kind, 'auth')
})

test('a call that is cancelled while it waits is never sent', async () => {
  const gate = Promise.withResolvers<void>()
  const headers = async () => {
    await gate.promise
    return ok({})
  }
  const before = seen.length
  const { call } = send(provider({ headers, refused() {} }), '/x')
  call.cancel()
  gate.resolve()
  await sleep(20)
  assert.equal(seen.length, before)
})

test('a 401 tells the authenticator that what it gave is not taken', async () => {
  const refused: (string | undefined)[] = []
  const authenticator: Authenticator = { headers: async () => ok({}), refused: (key) => refused.push(key) }
  assert.deepEqual(await send(provider(authenticator), '/refused').ended, { status: 401 })
  assert.deepEqual(refused, ['k'])
})
