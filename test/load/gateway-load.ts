import { Agent, request } from 'node:http'
import { type Outcome, passed, totalUsd } from '../support/gateway-world.ts'
import { type RedisServer, redisCli } from '../support/redis-server.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { startPlainProvider } from './plain-provider.ts'

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
const tokens = 600
const expectedUsd = (500 * pricePerMTok) / 1e6
// Enough for about the first half of the requests.
const budgetShare = 0.6
/** How long the provider takes. */
const providerMs = 20
// Of each of so many callers of each replica.
const warmUpEach = 50
const warmUpCallers = 16
// On a machine that is too slow for the rate, waiting for a thousand others would say nothing about the gateway.
const mostAtOnce = 400

const yaml = (provider: string, redis: string, limitUsd: number): string => `version: 1
providers: { openai: { api_key: k, base_url: "${provider}/v1" } }
models:
  priced: &priced { targets: [{ target: openai/gpt-4.1, price: { input: 0, output: ${pricePerMTok} } }] }
  # Its answers teach nothing about how long those of the other are.
  warm: *priced
clients:
  - { name: app, key: key-app, budget: { usd: ${limitUsd}, per: month } }
  - { name: warm, key: key-warm, budget: { usd: 1000, per: month } }
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
  const provider = await startPlainProvider(tokens, providerMs)
  const file = yaml(provider.url, redis.url, limitUsd)
  const relays = await Promise.all(Array.from({ length: replicas }, () => startRelay(file)))
  try {
    await warmUp(relays)
    const startedMs = performance.now()
    const { outcomes, mostUnderWay } = await offer(relays, perSecond, requests)
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
    await Promise.all(relays.map((relay) => relay.stop()))
    await provider.close()
  }
}

/** A relay that has just begun is several times slower: its code is not compiled yet. */
async function warmUp(relays: readonly RelayProcess[]): Promise<void> {
  const caller = async (relay: RelayProcess): Promise<void> => {
    for (let count = 0; count < warmUpEach; count++) await ask(relay, 'warm')
  }
  await Promise.all(relays.flatMap((relay) => Array.from({ length: warmUpCallers }, () => caller(relay))))
}

async function offer(
  replicas: readonly RelayProcess[],
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
    outcomes.push(await ask(replica, 'app'))
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

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })
const messages = [{ role: 'user', content: 'Write a few words.' }]
const questions = {
  app: { key: 'key-app', body: JSON.stringify({ model: 'priced', messages }) },
  warm: { key: 'key-warm', body: JSON.stringify({ model: 'warm', messages }) },
} as const
const headers = ({ key, body }: { readonly key: string; readonly body: string }) => ({
  authorization: `Bearer ${key}`,
  'content-type': 'application/json',
  'content-length': String(Buffer.byteLength(body)),
})

/** One question, asked with as little work as possible: the same processors have the relays to run. */
function ask({ url }: RelayProcess, of: keyof typeof questions): Promise<Outcome> {
  const question = questions[of]
  const startedMs = performance.now()
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const end = (status: number, usd: number, code: string): void =>
    resolve({ status, usd, code, target: '', ms: performance.now() - startedMs })
  const sent = request(`${url}/v1/chat/completions`, { method: 'POST', agent, headers: headers(question) }, (response) => {
    const { statusCode = 0 } = response
    const usd = Number(response.headers['x-outrigger-cost-usd'] ?? 0)
    if (statusCode === 200) {
      response.resume().once('end', () => end(statusCode, usd, ''))
      return
    }
    let text = ''
    response.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
    })
    response.once('end', () => end(statusCode, usd, /"code":"(\w+)"/.exec(text)?.[1] ?? ''))
  })
  sent.once('error', ({ message }) => end(0, 0, message))
  sent.end(question.body)
  return promise
}

/** What a client's budget of the present period stands at, in USD. */
export function budgetCounted(port: number, client: string): number {
  const [key = ''] = redisCli(port, ['KEYS', `outrigger:{${client}}:budget:*`])
    .trim()
    .split('\n')
  const [begins = '0', added = '0'] = key === '' ? [] : redisCli(port, ['HMGET', key, 'b', 'd']).split('\n')
  return (Number(begins) + Number(added)) / 1e9
}
