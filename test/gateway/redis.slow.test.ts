import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { dialects } from '#dialect/registry.ts'
import { readFaultPlan } from '#mock/fault-plan.ts'
import type { Mock } from '#mock/mock.ts'
import { startMocks } from '#mock/start-mocks.ts'
import { type RedisServer, redisMissing, startRedis } from '../support/redis-server.ts'
import { freePorts, type RelayProcess, startRelay } from '../support/relay-process.ts'

const missing = redisMissing()
const skip = missing ?? false

let redis: RedisServer
let mock: Mock
let replicas: readonly RelayProcess[] = []

function yaml(onFailure: 'open' | 'closed'): string {
  const url = mock.providers.find(({ name }) => name === 'openai')?.url ?? ''
  return `version: 1
providers: { openai: { api_key: mock, base_url: "${url}/v1" } }
models: { priced: { targets: [{ target: openai/gpt-4.1, price: { input: 0, output: 1000 } }] } }
clients:
  - { name: rate, key: key-rate, rpm: 100 }
  - { name: budget, key: key-budget, budget: { usd: 2, per: month } }
  - { name: places, key: key-places, max_concurrent: 3 }
  - { name: outage, key: key-outage, budget: { usd: 100, per: month } }
state: { redis: "${redis.url}", timeout: 500ms, on_failure: ${onFailure} }
log: { level: warn }
`
}

before(async () => {
  if (missing !== undefined) return
  const [port = 0] = await freePorts(1)
  redis = await startRedis(port)
  mock = await startMocks(dialects)
  const plan = readFaultPlan({ latency: { first_token: '0ms', chunk: '0ms' }, faults: [] })
  if (plan.ok) mock.setFaults(plan.value)
  replicas = await Promise.all(Array.from({ length: 4 }, () => startRelay(yaml('open'))))
})
after(async () => {
  await Promise.all(replicas.map((replica) => replica.stop()))
  await mock?.close()
  await redis?.stop()
})

type Outcome = { readonly status: number; readonly usd: number; readonly code: string }

async function ask(replica: RelayProcess, key: string): Promise<Outcome> {
  const response = await fetch(`${replica.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'priced', messages: [{ role: 'user', content: 'hi' }], max_tokens: 20 }),
  })
  const text = await response.text()
  return {
    status: response.status,
    usd: Number(response.headers.get('x-outrigger-cost-usd') ?? 0),
    code: /"code":"(\w+)"/.exec(text)?.[1] ?? '',
  }
}

/** So many requests over all replicas, some of them at the same time. */
async function load(key: string, count: number, atOnce: number): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      const replica = replicas[next++ % replicas.length]
      if (replica !== undefined) outcomes.push(await ask(replica, key))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return outcomes
}

const passed = (outcomes: readonly Outcome[]): readonly Outcome[] => outcomes.filter(({ status }) => status === 200)

test('four replicas let through what one would: requests a minute', { skip }, async () => {
  // Not over the edge of a minute by Redis's clock, where the older minute fades out.
  const left = 60_000 - (Date.now() % 60_000)
  if (left < 5000) await sleep(left + 200)
  const outcomes = await load('key-rate', 400, 16)
  assert.equal(passed(outcomes).length, 100)
  assert.ok(outcomes.filter(({ status }) => status !== 200).every(({ code }) => code === 'client_rpm_exceeded'))
})

test('a budget over four replicas is never overspent', { skip }, async () => {
  const outcomes = await load('key-budget', 600, 32)
  const spent = outcomes.reduce((sum, { usd }) => sum + usd, 0)
  assert.ok(spent <= 2 && spent > 1.9, `${spent} USD`)
})

test('places are counted over all replicas, and given back', { skip }, async () => {
  const plan = readFaultPlan({ latency: { first_token: '300ms', chunk: '0ms' }, faults: [] })
  if (plan.ok) mock.setFaults(plan.value)
  assert.equal(passed(await load('key-places', 8, 8)).length, 3)
  await sleep(300)
  assert.equal(passed(await load('key-places', 3, 3)).length, 3)
  const fast = readFaultPlan({ latency: { first_token: '0ms', chunk: '0ms' }, faults: [] })
  if (fast.ok) mock.setFaults(fast.value)
})

async function spentInRedis(): Promise<number> {
  const { createClient } = await import('@redis/client')
  const client = createClient({ url: redis.url })
  await client.connect()
  const [key = ''] = await client.keys('outrigger:{outage}:budget:*')
  const [begins, added] = key === '' ? [] : await client.hmGet(key, ['b', 'd'])
  client.destroy()
  return (Number(begins ?? 0) + Number(added ?? 0)) / 1e9
}

test('Redis stopped under load: requests go on, and what they cost is told when it is back', { skip }, async () => {
  const running = load('key-outage', 400, 8)
  await sleep(100)
  await redis.stop()
  const during = await load('key-outage', 100, 8)
  assert.equal(passed(during).length, 100)
  const metrics = await (await fetch(`${replicas[0]?.adminUrl}/metrics`)).text()
  assert.match(metrics, /outrigger_alerts_firing\{alert="state_unavailable",target="redis"\} 1/)
  assert.equal(passed(await running).length, 400)
  await redis.start()
  // Nobody asks anything: each replica finds out for itself, tells what Redis forgot by being killed, and what was spent since.
  const cost = [...during, ...(await running)].reduce((sum, { usd }) => sum + usd, 0)
  let told = 0
  for (let tries = 0; tries < 120 && told < cost * 0.999; tries++) {
    await sleep(250)
    told = await spentInRedis()
  }
  await sleep(1000)
  told = await spentInRedis()
  // What was under way in the moment of the kill (8 of each load) may be counted with what it was expected to cost (20 tokens), and
  // that of a question without an answer twice.
  assert.ok(told >= cost * 0.999 && told <= cost + 16 * 2 * 0.02, `${told} of ${cost} USD`)
})

test('a Redis that hangs costs its timeout once, not a failed request', { skip }, async () => {
  redis.pause()
  const outcomes = await load('key-outage', 8, 8)
  redis.resume()
  assert.equal(passed(outcomes).length, 8)
})

test('closed: without the store nobody with limits is let through', { skip }, async () => {
  const closed = await startRelay(yaml('closed'))
  try {
    await sleep(300)
    assert.equal((await ask(closed, 'key-outage')).status, 200)
    await redis.stop()
    const refused = await ask(closed, 'key-outage')
    assert.deepEqual([refused.status, refused.code], [503, 'state_unavailable'])
  } finally {
    await closed.stop()
  }
})
