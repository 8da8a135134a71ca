import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { budgetCounted } from '../load/gateway-load.ts'
import { askMany, askReplica, type Gateway, passed, startGateway, totalUsd } from '../support/gateway-world.ts'
import { redisCli, redisMissing, startRedis, startRedisCluster, startRedisTls, startSentinel } from '../support/redis-server.ts'
import { freePorts } from '../support/relay-process.ts'

const skip = redisMissing() ?? false

const yaml = (state: string, budget = '{ usd: 0.5, per: month }'): string => `
models:
  priced: { targets: [{ target: openai/gpt-4.1, price: { input: 0, output: 1000 } }], cache: false }
  kept: { targets: [openai/gpt-4.1] }
clients:
  - { name: app, key: key-app, budget: ${budget} }
  - { name: rate, key: key-rate, rpm: 20, max_concurrent: 50 }
cache: { ttl: 1m, max_size: 1MiB }
state: ${state}
log: { level: warn }
`

/** The limits hold over both replicas, and every key is one that expires. */
async function holdsLimits(gateway: Gateway): Promise<void> {
  const spent = totalUsd(await askMany(gateway, 'key-app', { count: 100, atOnce: 8, maxTokens: 20 }))
  assert.ok(spent <= 0.5 && spent > 0.45, `${spent} USD`)
  // Not over the edge of a minute, where the older one fades out.
  const left = 60_000 - (Date.now() % 60_000)
  if (left < 4000) await sleep(left + 200)
  assert.equal(passed(await askMany(gateway, 'key-rate', { count: 60, atOnce: 8 })).length, 20)
}

async function metricsOf(gateway: Gateway): Promise<string> {
  return await (await fetch(`${gateway.replicas[0]?.adminUrl}/metrics`)).text()
}

test('a cluster of three masters: what belongs to one client lies on one node, and everything expires', { skip }, async () => {
  const ports = await freePorts(6)
  const cluster = await startRedisCluster(ports.slice(0, 3), ports.slice(3))
  const gateway = await startGateway({ yaml: yaml(`{ redis: "${cluster[0]?.url}", mode: cluster, timeout: 1s }`), replicas: 2 })
  try {
    await holdsLimits(gateway)
    for (const replica of gateway.replicas) assert.equal((await askReplica(replica, 'key-app', { model: 'kept' })).status, 200)
    assert.match(await metricsOf(gateway), /outrigger_state_up 1/)
    const kept = cluster.map(({ port }) => ({ port, keys: redisCli(port, ['KEYS', '*']).trim().split('\n').filter(Boolean) }))
    const all = kept.flatMap(({ keys }) => keys)
    assert.ok(
      all.some((key) => /^outrigger:\{app\}:budget:month:/.test(key)),
      all.join(),
    )
    for (const { port, keys } of kept)
      for (const key of keys) assert.ok(Number(redisCli(port, ['PTTL', key])) > 0, `${key} does not expire`)
    for (const client of ['{app}', '{rate}']) {
      assert.equal(kept.filter(({ keys }) => keys.some((key) => key.includes(client))).length, 1, `${client} is on one node`)
    }
    assert.ok(kept.filter(({ keys }) => keys.length > 0).length > 1, 'more than one node has something to do')
  } finally {
    await gateway.close()
    await Promise.all(cluster.map((node) => node.stop()))
  }
})

test('TLS with certificates on both sides; who does not know the server’s, or has none, is not let in', { skip }, async () => {
  const [port = 0] = await freePorts(1)
  const redis = await startRedisTls(port)
  const state = (tls: string): string => yaml(`{ redis: "${redis.url}", timeout: 1s, on_failure: closed${tls} }`)
  const ca = `ca: ${redis.certificate}`
  const [gateway, wary, nameless] = await Promise.all([
    startGateway({ yaml: state(`, tls: { ${ca}, cert: ${redis.certificate}, key: ${redis.key} }`), replicas: 2 }),
    startGateway({ yaml: state(''), replicas: 1 }),
    startGateway({ yaml: state(`, tls: { ${ca} }`), replicas: 1 }),
  ])
  try {
    await holdsLimits(gateway)
    for (const [out, why] of [
      [wary, /self.signed/],
      // The server's word, unless it hangs up before that is read.
      [nameless, /certificate required|ECONNRESET|EPIPE|[Ss]ocket closed/],
    ] as const) {
      const [alone] = out.replicas
      assert.ok(alone !== undefined)
      assert.equal((await askReplica(alone, 'key-app')).code, 'state_unavailable')
      assert.match(alone.log(), why)
    }
  } finally {
    await Promise.all([gateway.close(), wary.close(), nameless.close()])
    await redis.stop()
  }
})

test('sentinels: when the master dies requests go on, and the counts do at its replica', { skip }, async () => {
  const [masterPort = 0, replicaPort = 0, sentinelPort = 0] = await freePorts(3)
  const master = await startRedis(masterPort)
  const replica = await startRedis(replicaPort, ['--replicaof', '127.0.0.1', String(masterPort)])
  const sentinel = await startSentinel(sentinelPort, masterPort)
  for (let tries = 0; tries < 100 && !/slaves=1/.test(redisCli(sentinelPort, ['INFO', 'sentinel'])); tries++) await sleep(200)
  const state = `{ redis: "redis://127.0.0.1:${sentinelPort}", mode: sentinel, timeout: 500ms }`
  const gateway = await startGateway({ yaml: yaml(state, '{ usd: 100, per: month }'), replicas: 2 })
  try {
    const before = await askMany(gateway, 'key-app', { count: 50, atOnce: 8, maxTokens: 20 })
    await sleep(500)
    await master.stop()
    const during = await askMany(gateway, 'key-app', { count: 50, atOnce: 8, maxTokens: 20 })
    assert.equal(passed([...before, ...during]).length, 100)
    const cost = totalUsd([...before, ...during])
    let counted = 0
    // A sentinel that was not scheduled for two seconds keeps still for thirty (its TILT mode).
    for (let tries = 0; tries < 400 && counted < cost * 0.999; tries++) {
      await sleep(250)
      counted = budgetCounted(replicaPort, 'app')
    }
    assert.match(redisCli(replicaPort, ['ROLE']), /^master/)
    // Of the 8 under way in that moment what was expected may stay counted, and be counted twice.
    assert.ok(counted >= cost * 0.999 && counted <= cost + 8 * 2 * 0.02, `${counted} of ${cost} USD`)
  } finally {
    await gateway.close()
    await Promise.all([master.stop(), replica.stop(), sentinel.stop()])
  }
})

test('clocks that are days apart: one day, one budget', { skip }, async () => {
  const [port = 0] = await freePorts(1)
  const redis = await startRedis(port)
  const hour = 3_600_000
  const skews = [0, -30 * hour, 26 * hour, 40 * 24 * hour]
  const preload = `--import=${new URL('../support/skewed-clock.ts', import.meta.url).href}`
  const gateway = await startGateway({
    yaml: yaml(`{ redis: "${redis.url}", timeout: 1s }`, '{ usd: 0.5, per: day }'),
    replicas: skews.length,
    env: (index) => ({ NODE_OPTIONS: preload, OUTRIGGER_TEST_SKEW_MS: String(skews[index]) }),
  })
  try {
    const spent = totalUsd(await askMany(gateway, 'key-app', { count: 160, atOnce: 8, maxTokens: 20 }))
    assert.ok(spent <= 0.5 && spent > 0.45, `${spent} USD`)
    const days = redisCli(port, ['KEYS', 'outrigger:{app}:budget:*']).trim().split('\n')
    assert.equal(days.length, 1, days.join())
    assert.equal(passed(await askMany(gateway, 'key-rate', { count: 60, atOnce: 8 })).length, 20)
  } finally {
    await gateway.close()
    await redis.stop()
  }
})

test('a storm: however many requests, one connection of each replica, and one for what is told', { skip }, async () => {
  const [port = 0] = await freePorts(1)
  const redis = await startRedis(port)
  const gateway = await startGateway({
    yaml: yaml(`{ redis: "${redis.url}", timeout: 1s }`, '{ usd: 1000, per: day }'),
    replicas: 4,
  })
  try {
    const connections = (): number =>
      redisCli(port, ['CLIENT', 'LIST'])
        .split('\n')
        .filter((line) => line.includes('name=outrigger')).length
    let most = 0
    const running = askMany(gateway, 'key-app', { count: 400, atOnce: 200, maxTokens: 5 })
    const watching = setInterval(() => {
      most = Math.max(most, connections())
    }, 100)
    assert.equal(passed(await running).length, 400)
    clearInterval(watching)
    assert.ok(most >= 4 && most <= 8, `${most} connections`)
    const before = Number(/total_connections_received:(\d+)/.exec(redisCli(port, ['INFO', 'stats']))?.[1])
    await redis.stop()
    await sleep(700)
    await redis.start()
    for (let tries = 0; tries < 100 && connections() < 8; tries++) await sleep(100)
    // Each comes back once, not with every request that wanted it.
    assert.equal(passed(await askMany(gateway, 'key-app', { count: 200, atOnce: 100, maxTokens: 5 })).length, 200)
    const after = Number(/total_connections_received:(\d+)/.exec(redisCli(port, ['INFO', 'stats']))?.[1])
    assert.ok(before > 0 && after < 40, `${after} connections since the start`)
  } finally {
    await gateway.close()
    await redis.stop()
  }
})
