import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { createSecret } from '#config/secrets.ts'
import { asObject } from '#lib/json.ts'
import { connectRedis, type RedisPort } from '#state/redis-port.ts'
import { createRedisVectors } from '#state/redis-vectors.ts'
import { askCached } from '../support/ask-cached.ts'
import { redisEight } from '../support/redis-eight.ts'
import { type RedisServer, redisCli, startRedis } from '../support/redis-server.ts'
import { freePorts, type RelayProcess, startRelay } from '../support/relay-process.ts'
import { startVendor, type VendorServer } from '../support/vendor-server.ts'

/** Vector sets as Redis 8 has them, with what the relay asks of them. */
let missing: string | undefined
let redis: RedisServer
let vendor: VendorServer
let replicas: readonly RelayProcess[] = []

before(
  async () => {
    const found = await redisEight()
    if ('missing' in found) {
      missing = found.missing
      return
    }
    const [port = 0] = await freePorts(1)
    redis = await startRedis(port, [], found.program)
    vendor = await startVendor(({ path, text }) => ({
      body: JSON.stringify(path.endsWith('/embeddings') ? vectorOf(text) : answer),
    }))
    const yaml = `version: 1
providers: { local: { type: openai-compatible, base_url: "${vendor.url}/v1" } }
models: { m: { targets: [local/m] }, v: { targets: [local/v] } }
cache: { ttl: 1m, semantic: { model: v, threshold: 0.9 } }
state: { redis: "${redis.url}", timeout: 500ms }
`
    replicas = await Promise.all([startRelay(yaml), startRelay(yaml)])
  },
  { timeout: 120_000 },
)
after(async () => {
  await Promise.all(replicas.map((replica) => replica.stop()))
  await vendor?.close()
  await redis?.stop()
})

const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
const choices = [{ index: 0, message: { role: 'assistant', content: 'Paris' }, finish_reason: 'stop' }]
const answer = { id: 'a', object: 'chat.completion', created: 1, model: 'm', choices, usage }
// As long as those of the large embedding models.
const dimensions = 3072

function vectorOf(text: string): object {
  const embedding = Array.from({ length: dimensions }, () => 0.001)
  embedding[0] = text.includes('France') ? 1 : 0
  embedding[1] = text.includes('Spain') ? 1 : 0
  return { data: [{ index: 0, embedding }], model: 'v', usage }
}

function isMissing(context: TestContext): boolean {
  if (missing !== undefined) context.skip(missing)
  return missing !== undefined
}

test('Redis 8: a question that means the same is found by another replica, and another question is not', async (context) => {
  if (isMissing(context)) return
  const [one, other] = replicas
  assert.equal(await askCached(one, 'capital of France?'), 'miss')
  assert.equal(await askCached(other, 'France: what is its capital?'), 'hit')
  assert.equal(await askCached(other, 'capital of Spain?'), 'miss')
  const status = asObject(await (await fetch(`${other?.adminUrl}/status`)).json())
  assert.equal(asObject(asObject(status['cache'])['semantic'])['vectors'], 'redis')
  const [key = ''] = redisCli(redis.port, ['KEYS', 'outrigger:vectors:*']).trim().split('\n')
  assert.equal(redisCli(redis.port, ['VCARD', key]).trim(), '2')
  assert.ok(Number(redisCli(redis.port, ['PTTL', key])) > 0, 'it ends by itself')
})

test('Redis 8: nearest, threshold, removal and the most of a group, as asked of the server itself', async (context) => {
  if (isMissing(context)) return
  const port = await connected()
  try {
    const vectors = createRedisVectors({ port, prefix: 'own:', ask: (work) => work() })
    assert.equal(await vectors.supported(), true)
    assert.equal(await vectors.nearest('g', [1, 0], 0.9), undefined)
    await vectors.add('g', 'east', [1, 0], 60_000)
    await vectors.add('g', 'north', [0, 1], 60_000)
    const near = await vectors.nearest('g', [0.99, 0.1], 0.9)
    assert.equal(near?.key, 'east')
    assert.ok(Math.abs((near?.similarity ?? 0) - 0.995) < 0.01, `${near?.similarity}`)
    assert.equal(await vectors.nearest('g', [-1, -1], 0.5), undefined)
    await vectors.remove('g', 'east')
    assert.equal((await vectors.nearest('g', [0.99, 0.1], 0.05))?.key, 'north')
    await vectors.remove('nobody', 'east')
  } finally {
    await port.close()
  }
})

async function connected(): Promise<RedisPort> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const url = createSecret(redis.url, { env: {}, readFile: () => '' })
  const usual = { master: 'mymaster', prefix: 'outrigger:', on_failure: 'open' } as const
  const port = connectRedis({ ...usual, redis: url, mode: 'single', timeout: 500 }, () => resolve())
  await promise
  return port
}
