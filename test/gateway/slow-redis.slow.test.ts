import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { budgetCounted } from '../load/gateway-load.ts'
import { askMany, passed, startGateway, totalUsd } from '../support/gateway-world.ts'
import { redisMissing, startRedis } from '../support/redis-server.ts'
import { freePorts } from '../support/relay-process.ts'
import { startSlowLink } from '../support/slow-link.ts'

const timeoutMs = 300

test('Redis slowed under load: exact while it answers in time, and nobody waits for it when it does not', {
  skip: redisMissing() ?? false,
}, async () => {
  const [port = 0] = await freePorts(1)
  const redis = await startRedis(port)
  const link = await startSlowLink(port)
  const gateway = await startGateway({
    yaml: `
models: { priced: { targets: [{ target: openai/gpt-4.1, price: { input: 0, output: 1000 } }] } }
clients:
  - { name: app, key: key-app, budget: { usd: 0.5, per: month } }
  - { name: rich, key: key-rich, budget: { usd: 100, per: month } }
state: { redis: "redis://127.0.0.1:${link.port}", timeout: ${timeoutMs}ms }
log: { level: warn }
`,
    replicas: 4,
  })
  const ask = (key: string, count: number) => askMany(gateway, key, { count, atOnce: 16, maxTokens: 20 })
  try {
    link.delay(50)
    const late = await ask('key-app', 160)
    const spent = totalUsd(late)
    assert.ok(spent <= 0.5 && spent > 0.4, `${spent} USD`)

    // In the midst of the load it becomes slower than anybody waits for.
    const during = ask('key-rich', 400)
    await sleep(300)
    link.delay(timeoutMs * 5)
    const outcomes = [...(await during), ...(await ask('key-rich', 200))]
    assert.equal(passed(outcomes).length, 600)
    // Those under way in that moment wait for the timeout, and not everybody after them (a busy machine adds some).
    const waited = outcomes.filter(({ ms }) => ms >= timeoutMs)
    assert.ok(waited.length < outcomes.length / 2, `${waited.length} of ${outcomes.length} requests waited`)

    link.delay(0)
    const cost = totalUsd(outcomes)
    let counted = 0
    for (let tries = 0; tries < 120 && counted < cost * 0.999; tries++) {
      await sleep(250)
      counted = budgetCounted(port, 'rich')
    }
    assert.ok(counted >= cost * 0.999 && counted <= cost + 2 * 16 * 2 * 0.02, `${counted} of ${cost} USD`)
  } finally {
    await gateway.close()
    await link.close()
    await redis.stop()
  }
})
