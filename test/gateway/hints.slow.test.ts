import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { askReplica, type Gateway, startGateway } from '../support/gateway-world.ts'
import { type RedisServer, redisCli, redisMissing, startRedis } from '../support/redis-server.ts'
import { freePorts, type RelayProcess } from '../support/relay-process.ts'

const skip = redisMissing() ?? false
let redis: RedisServer
let gateway: Gateway

before(async () => {
  if (skip !== false) return
  const [port = 0] = await freePorts(1)
  redis = await startRedis(port)
  gateway = await startGateway({
    replicas: 4,
    keys: ['key-good', 'key-bad'],
    yaml: `
models: { both: { targets: [openai/gpt-4.1, anthropic/claude-opus-4-5] } }
breaker: { open_for: 5m }
retry: { attempts: 4, on_failure: { server: next } }
clients: [{ name: app, key: key-app }]
state: { redis: "${redis.url}" }
log: { level: debug }
`,
  })
  // They hear of each other.
  await sleep(1000)
})
after(async () => {
  await gateway?.close()
  await redis?.stop()
})

function replica(index: number): RelayProcess {
  const found = gateway.replicas[index]
  assert.ok(found !== undefined)
  return found
}

const ask = (index: number): ReturnType<typeof askReplica> => askReplica(replica(index), 'key-app', { model: 'both' })
const openai = 'openai/gpt-4.1'

async function breakerOf(index: number): Promise<string> {
  const metrics = await (await fetch(`${replica(index).adminUrl}/metrics`)).text()
  return /outrigger_breaker_state\{target="openai\/gpt-4.1"\} (\d)/.exec(metrics)?.[1] ?? ''
}

test('one replica that sees a target fail takes it from nobody else; the next error of another is enough there', {
  skip,
}, async () => {
  for (const index of [0, 1, 2, 3]) assert.equal((await ask(index)).target, openai)
  gateway.setFaults([{ kind: 'error', status: 500, when: { provider: 'openai' } }])
  for (let count = 0; count < 3; count++) await ask(0)
  await sleep(300)
  assert.deepEqual(await Promise.all([0, 1, 2, 3].map(breakerOf)), ['2', '0', '0', '0'])
  await ask(1)
  await sleep(300)
  assert.equal(await breakerOf(1), '2')
  // Two of three others: the rest must see for themselves, with one request at a time.
  assert.deepEqual(await Promise.all([2, 3].map(breakerOf)), ['1', '1'])
  gateway.setFaults([])
  assert.equal((await ask(2)).target, openai)
})

test('hints name no key, and nothing of them is kept', { skip }, async () => {
  assert.deepEqual(redisCli(redis.port, ['KEYS', '*']).trim().split('\n'), ['outrigger:probe'])
  await replica(3).logged(/"hint of another instance"/)
  assert.doesNotMatch(replica(3).log(), /key-good|key-bad/)
})
