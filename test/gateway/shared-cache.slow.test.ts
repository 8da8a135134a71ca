import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { asObject } from '#lib/json.ts'
import { askCached } from '../support/ask-cached.ts'
import { type RedisServer, redisMissing, startRedis } from '../support/redis-server.ts'
import { freePorts, type RelayProcess, startRelay } from '../support/relay-process.ts'
import { startVendor, type VendorServer } from '../support/vendor-server.ts'

const run = promisify(execFile)
const main = join(import.meta.dirname, '../../cmd/outrigger/main.ts')
const missing = redisMissing()
const skip = missing ?? false

let redis: RedisServer
let vendor: VendorServer
let replicas: readonly RelayProcess[] = []

before(async () => {
  if (missing !== undefined) return
  const [port = 0] = await freePorts(1)
  redis = await startRedis(port)
  vendor = await startVendor(({ path, text }) => {
    if (path.endsWith('/embeddings')) {
      const embedding = [text.includes('France') ? 1 : 0, text.includes('Spain') ? 1 : 0, 1]
      return {
        body: JSON.stringify({ data: [{ index: 0, embedding }], model: 'v', usage: { prompt_tokens: 1, total_tokens: 1 } }),
      }
    }
    const choices = [{ index: 0, message: { role: 'assistant', content: 'Paris' }, finish_reason: 'stop' }]
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
    return { body: JSON.stringify({ id: 'a', object: 'chat.completion', created: 1, model: 'm', choices, usage }) }
  })
  const yaml = `version: 1
providers: { local: { type: openai-compatible, base_url: "${vendor.url}/v1" } }
models: { m: { targets: [local/m] }, v: { targets: [local/v] } }
cache: { ttl: 1m, semantic: { model: v, threshold: 0.9 } }
state: { redis: "${redis.url}", timeout: 300ms }
`
  replicas = await Promise.all([startRelay(yaml), startRelay(yaml)])
})
after(async () => {
  await Promise.all(replicas.map((replica) => replica.stop()))
  await vendor?.close()
  await redis?.stop()
})

test('what one replica was answered the other one has, too', { skip }, async () => {
  const [one, other] = replicas
  assert.equal(await askCached(one, 'capital of France?'), 'miss')
  assert.equal(await askCached(other, 'capital of France?'), 'hit')
})

test('a Redis without vector sets keeps no vectors: each replica has its own, and says so once', { skip }, async () => {
  const [one, other] = replicas
  assert.equal(await askCached(one, 'France: its capital?'), 'hit')
  assert.equal(await askCached(other, 'The capital, of France?'), 'miss')
  assert.equal(await askCached(other, 'Capital? Of France.'), 'hit')
  for (const replica of replicas) {
    const status = asObject(await (await fetch(`${replica.adminUrl}/status`)).json())
    assert.equal(asObject(asObject(status['cache'])['semantic'])['vectors'], 'memory')
    await replica.logged(/no vector sets/)
    assert.equal(replica.log().match(/no vector sets/g)?.length, 1)
  }
})

test('`outrigger check --connect` tells what the server can do, and that it does not answer', { skip }, async () => {
  const [one] = replicas
  const told = await run(process.execPath, [main, 'check', '--connect', one?.configPath ?? ''])
  assert.match(told.stdout, /state\.redis: it answers/)
  assert.match(told.stdout, /cache\.semantic: the Redis server has no vector sets/)
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-check-'))
  const file = join(folder, 'routing.yaml')
  const [port = 0] = await freePorts(1)
  writeFileSync(
    file,
    `version: 1\nproviders: { openai: { api_key: k } }\nmodels: { m: { targets: [openai/m] } }\nstate: { redis: "redis://127.0.0.1:${port}" }\n`,
  )
  await assert.rejects(run(process.execPath, [main, 'check', '--connect', file]), /state\.redis: it does not answer/)
  rmSync(folder, { recursive: true })
})

test('while Redis is gone each replica keeps its own answers, and nobody gets an error', { skip }, async () => {
  const [one, other] = replicas
  await redis.stop()
  assert.equal(await askCached(one, 'capital of Spain?'), 'miss')
  assert.equal(await askCached(one, 'capital of Spain?'), 'hit')
  assert.equal(await askCached(other, 'capital of Spain?'), 'miss')
})
