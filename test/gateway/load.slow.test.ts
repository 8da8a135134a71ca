import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundUsd, runGatewayLoad } from '../load/gateway-load.ts'
import { redisMissing, startRedis } from '../support/redis-server.ts'
import { freePorts } from '../support/relay-process.ts'

test('four replicas at a thousand requests a second: a budget is overspent by no more than the stated bound', {
  skip: redisMissing() ?? false,
}, async (context) => {
  const [port = 0] = await freePorts(1)
  const redis = await startRedis(port)
  try {
    const load = await runGatewayLoad({ redis, replicas: 4, perSecond: 1000, requests: 1500 })
    context.diagnostic(JSON.stringify({ ...load, latencies: undefined, bound: boundUsd(load) }))
    assert.equal(load.failed, 0)
    assert.ok(load.refused > 0, 'the budget was used up')
    assert.ok(load.beyondUsd > 0, 'answers cost more than was expected of them')
    assert.ok(
      load.spentUsd <= load.limitUsd + boundUsd(load),
      `${load.spentUsd} of ${load.limitUsd} USD, bound ${boundUsd(load)}`,
    )
    // Nothing of it is lost either.
    assert.ok(
      Math.abs(load.countedUsd - load.spentUsd) < 1e-6 * load.passed,
      `${load.countedUsd} counted, ${load.spentUsd} spent`,
    )
  } finally {
    await redis.stop()
  }
})
