/**
 * A gateway of several replicas with one budget in Redis, offered a fixed rate of requests: what was let through, what it cost,
 * and by how much the budget was overspent. Ends with 1 when that is more than the stated bound.
 * Usage: make load-gateway [ARGS="--replicas 4 --rate 1000 --requests 5000"]
 */
import { parseArgs } from 'node:util'
import { startRedis } from '../support/redis-server.ts'
import { freePorts } from '../support/relay-process.ts'
import { percentile } from './crowd.ts'
import { boundUsd, runGatewayLoad } from './gateway-load.ts'

const { values } = parseArgs({
  options: {
    replicas: { type: 'string', default: '4' },
    rate: { type: 'string', default: '1000' },
    requests: { type: 'string', default: '5000' },
  },
})

const [port = 0] = await freePorts(1)
const redis = await startRedis(port)
const load = await runGatewayLoad({
  redis,
  replicas: Number(values.replicas),
  perSecond: Number(values.rate),
  requests: Number(values.requests),
})
await redis.stop()

const ms = (share: number): string => percentile(load.latencies, share).toFixed(1)
const overspentUsd = Math.max(0, load.spentUsd - load.limitUsd)
console.log(
  `${values.replicas} replicas, ${values.rate} requests a second offered, ${load.perSecond.toFixed(0)} a second answered`,
)
console.log(`let through ${load.passed}, refused ${load.refused}, failed ${load.failed}`)
console.log(
  `budget ${load.limitUsd} USD, spent ${load.spentUsd.toFixed(4)} USD, counted in Redis ${load.countedUsd.toFixed(4)} USD`,
)
console.log(
  `overspent ${overspentUsd.toFixed(4)} USD; bound ${boundUsd(load).toFixed(4)} USD: ${load.mostUnderWay} under way at most, each up to ${load.beyondUsd.toFixed(5)} USD beyond what was expected`,
)
console.log(`answers in p50 ${ms(0.5)} ms, p99 ${ms(0.99)} ms, of which the provider takes 20`)
process.exitCode = overspentUsd <= boundUsd(load) && load.failed === 0 ? 0 : 1
