import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { budgetCounted } from '../load/gateway-load.ts'
import { askReplica, type Gateway, type Outcome, passed, startGateway, totalUsd } from '../support/gateway-world.ts'
import { redisCli, redisMissing, startRedis } from '../support/redis-server.ts'
import { freePorts } from '../support/relay-process.ts'

const places = 24
const limitUsd = 0.5
// 20 tokens at 1,000 USD a million.
const expectedUsd = 0.02

const yaml = (redis: string): string => `
models: { priced: { targets: [{ target: openai/gpt-4.1, price: { input: 0, output: 1000 } }] } }
clients:
  - { name: app, key: key-app, budget: { usd: ${limitUsd}, per: month } }
  - { name: crowd, key: key-crowd, max_concurrent: ${places} }
state: { redis: "${redis}", timeout: 1s }
log: { level: error }
`

const placesKey = 'outrigger:{crowd}:places'

function heldPlaces(port: number): readonly string[] {
  return redisCli(port, ['ZRANGE', placesKey, '0', '-1']).trim().split('\n').filter(Boolean)
}

/** So many callers, each asking the next replica in turn; what a dead one does not answer is left out. */
async function load({ replicas }: Gateway, key: string, count: number, atOnce: number): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  let next = 0
  const caller = async (): Promise<void> => {
    while (next < count) {
      const replica = replicas[next++ % replicas.length]
      const outcome = replica && (await askReplica(replica, key, { maxTokens: 20 }).catch(() => undefined))
      if (outcome !== undefined) outcomes.push(outcome)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, caller))
  return outcomes
}

test('a replica killed under load: its places come free, and the budget keeps to its bound', {
  skip: redisMissing() ?? false,
}, async () => {
  const [port = 0] = await freePorts(1)
  const redis = await startRedis(port)
  const gateway = await startGateway({ yaml: yaml(redis.url), replicas: 3 })
  const [dying] = gateway.replicas
  const living: Gateway = { ...gateway, replicas: gateway.replicas.slice(1) }
  try {
    gateway.setFaults([], '400ms')
    const running = Promise.all([load(gateway, 'key-app', 150, 15), load(gateway, 'key-crowd', 60, 15)])
    // At a moment when requests of every replica are under way.
    for (let tries = 0; tries < 200 && heldPlaces(port).length < 12; tries++) await sleep(20)
    dying?.process.kill('SIGKILL')
    const [spending] = await running
    await sleep(300)

    const spent = totalUsd(spending)
    const counted = budgetCounted(port, 'app')
    assert.ok(
      spending.some(({ code }) => code === 'client_budget_exceeded'),
      'the budget was used up',
    )
    assert.ok(spent <= limitUsd && counted <= limitUsd + 1e-6, `spent ${spent}, counted ${counted} of ${limitUsd} USD`)
    // What was under way there stays counted with what it was expected to cost: a third of 15 callers.
    assert.ok(counted >= spent - 1e-6 && counted <= spent + 15 * expectedUsd, `counted ${counted}, spent ${spent} USD`)

    const held = heldPlaces(port)
    assert.ok(held.length > 0 && held.length < places, `${held.length} places are held for a replica that is gone`)
    assert.equal(passed(await load(living, 'key-crowd', places, places)).length, places - held.length)
    for (const id of held) {
      const untilMs = Number(redisCli(port, ['ZSCORE', placesKey, id]))
      assert.ok(untilMs > Date.now() && untilMs <= Date.now() + 60_000, 'a place is held for a minute at most')
      // As it is a minute later, since nobody renews it.
      redisCli(port, ['ZINCRBY', placesKey, '-60000', id])
    }
    assert.equal(passed(await load(living, 'key-crowd', places, places)).length, places)
  } finally {
    await gateway.close()
    await redis.stop()
  }
})
