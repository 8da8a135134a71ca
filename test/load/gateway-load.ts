import { askReplica, type Gateway, type Outcome, passed, startGateway, totalUsd } from '../support/gateway-world.ts'
import { type RedisServer, redisCli } from '../support/redis-server.ts'

/** What a gateway let through under load, and what that cost. */
export type GatewayLoad = {
  readonly perSecond: number
  readonly passed: number
  /** Refused because the budget is used up. */
  readonly refused: number
  readonly failed: number
  /** Milliseconds of answers that were let through, ascending. */
  readonly latencies: readonly number[]
  readonly limitUsd: number
  readonly spentUsd: number
  /** What Redis counted in the end. */
  readonly countedUsd: number
  /** Requests that were under way at the same time at most. */
  readonly mostUnderWay: number
  /** What the dearest of them cost beyond what was expected of it. */
  readonly beyondUsd: number
}

export type GatewayLoadOptions = {
  readonly redis: RedisServer
  readonly replicas: number
  readonly perSecond: number
  readonly requests: number
}

const pricePerMTok = 10
// Without a limit of its own an answer is expected to have 500 tokens. These have more: each costs more than was expected.
const words = 600
const expectedUsd = (500 * pricePerMTok) / 1e6
// Enough for about the first half of the requests.
const budgetShare = 0.6
// On a machine that is too slow for the rate, waiting for a thousand others would say nothing about the gateway.
const mostAtOnce = 400

const yaml = (redis: string, limitUsd: number): string => `
models: { priced: { targets: [{ target: openai/gpt-4.1, price: { input: 0, output: ${pricePerMTok} } }] } }
clients: [{ name: app, key: key-app, budget: { usd: ${limitUsd}, per: month } }]
state: { redis: "${redis}", timeout: 1s }
timeouts: { first_token: 60s, total: 2m }
limits: { max_concurrent: 5000 }
log: { level: error }
`

/** The most that may be overspent: what all requests under way may cost beyond what was reserved for them. */
export function boundUsd({ mostUnderWay, beyondUsd }: Pick<GatewayLoad, 'mostUnderWay' | 'beyondUsd'>): number {
  return mostUnderWay * beyondUsd
}

/** Requests at a fixed rate over all replicas, whether or not those before were answered, until the budget is used up and beyond. */
export async function runGatewayLoad({ redis, replicas, perSecond, requests }: GatewayLoadOptions): Promise<GatewayLoad> {
  const limitUsd = Math.round(requests * expectedUsd * budgetShare * 100) / 100
  const gateway = await startGateway({ yaml: yaml(redis.url, limitUsd), replicas })
  try {
    gateway.setFaults([], '20ms')
    const startedMs = performance.now()
    const { outcomes, mostUnderWay } = await offer(gateway, perSecond, requests)
    const tookS = (performance.now() - startedMs) / 1000
    const good = passed(outcomes)
    const refused = outcomes.filter(({ code }) => code === 'client_budget_exceeded').length
    // The last corrections are told without anybody waiting for them.
    await new Promise((resolve) => setTimeout(resolve, 500))
    return {
      perSecond: outcomes.length / tookS,
      passed: good.length,
      refused,
      failed: outcomes.length - good.length - refused,
      latencies: good.map((outcome) => outcome.ms).sort((a, b) => a - b),
      limitUsd,
      spentUsd: totalUsd(good),
      countedUsd: budgetCounted(redis.port, 'app'),
      mostUnderWay,
      beyondUsd: Math.max(0, ...good.map(({ usd }) => usd - expectedUsd)),
    }
  } finally {
    await gateway.close()
  }
}

async function offer(
  { replicas }: Gateway,
  perSecond: number,
  requests: number,
): Promise<{ readonly outcomes: readonly Outcome[]; readonly mostUnderWay: number }> {
  const asked: Promise<void>[] = []
  const outcomes: Outcome[] = []
  let underWay = 0
  let mostUnderWay = 0
  const startedMs = performance.now()
  const askNext = async (): Promise<void> => {
    const replica = replicas[asked.length % replicas.length]
    if (replica === undefined) return
    mostUnderWay = Math.max(mostUnderWay, ++underWay)
    outcomes.push(await askReplica(replica, 'key-app', { prompt: `Write ${words} words.` }))
    underWay--
  }
  while (asked.length < requests) {
    const due = Math.min(requests, Math.floor(((performance.now() - startedMs) / 1000) * perSecond))
    while (asked.length < due && underWay < mostAtOnce) asked.push(askNext())
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  await Promise.all(asked)
  return { outcomes, mostUnderWay }
}

/** What a client's budget of the present period stands at, in USD. */
export function budgetCounted(port: number, client: string): number {
  const [key = ''] = redisCli(port, ['KEYS', `outrigger:{${client}}:budget:*`])
    .trim()
    .split('\n')
  const [begins = '0', added = '0'] = key === '' ? [] : redisCli(port, ['HMGET', key, 'b', 'd']).split('\n')
  return (Number(begins) + Number(added)) / 1e9
}
