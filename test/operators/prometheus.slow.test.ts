import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { parse } from 'yaml'
import { asArray, asObject, asString } from '#lib/json.ts'
import { dashboardNames, queriesOf, withVariables } from '../support/dashboard-queries.ts'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'
import { hasPrometheus, type PrometheusServer, startPrometheus } from '../support/prometheus-server.ts'

const ruleFiles = ['deploy/prometheus/recording.yaml', 'deploy/prometheus/alerts.yaml']
const skip = hasPrometheus ? false : 'Prometheus is not installed'
const key = (name: string): string => `sk-${name}-client-key-0123`

// Everything that a metric tells of happens here: failures, hedges, a cheaper target, limits, an alert, a dead provider.
const busyYaml = `  dead: { type: openai, api_key: mock, base_url: "http://127.0.0.1:9/v1" }
models:
  smart: { targets: [anthropic/claude-opus-5-5, openai/gpt-4.1] }
  cheap: { strategy: cost, targets: [anthropic/claude-opus-5-5, openai/gpt-4.1-nano] }
  dearer: { targets: [gemini/gemini-2.5-flash-lite, openai/gpt-4.1] }
  doomed: { targets: [gemini/gemini-2.5-flash] }
  unreached: { targets: [dead/gpt-4.1] }
clients:
  - { name: web, key: ${key('web')} }
  - { name: spender, key: ${key('spender')}, budget: { usd: 0.01, per: day } }
  - { name: hasty, key: ${key('hasty')}, rpm: 1 }
alerts: [{ name: too-many, error_rate: 5%, over: 1m, min_requests: 5 }]
breaker: { consecutive_errors: 5, open_for: 5m }
hedge: { after: 60ms, at_most: 50% }
health: { interval: 1s, timeout: 500ms }
cache: { ttl: 10m }
retry: { backoff: { base: 1ms } }
`
const smallYaml = `models: { smart: { targets: [openai/gpt-4.1] } }
limits: { max_concurrent: 1, queue: 1, queue_timeout: 200ms }
health: { probe: off }
`

let busy: MockRelay
let small: MockRelay
let prometheus: PrometheusServer

before(async () => {
  if (skip !== false) return
  busy = await startMockRelay(busyYaml)
  small = await startMockRelay(smallYaml)
  prometheus = await startPrometheus([busy.relay.adminUrl, small.relay.adminUrl], ruleFiles)
  await pause(2500)
  // Two rounds: what is counted for the first time has no increase yet.
  for (let round = 0; round < 2; round++) {
    await traffic(round)
    await reload(`# round ${round}\n`)
    await pause(2500)
  }
  writeFileSync(busy.relay.configPath, 'version: 1\nproviders: [none]\n')
  busy.relay.process.kill('SIGHUP')
  await small.relay.stop()
  await pause(4000)
})
after(async () => {
  await prometheus?.close()
  await busy?.close()
  await small?.mock.close()
})

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function ask(world: MockRelay, client: string, body: object): Promise<number> {
  const response = await fetch(`${world.relay.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key(client)}` },
    body: JSON.stringify(body),
  }).catch(() => undefined)
  await response?.text().catch(() => '')
  return response?.status ?? 0
}

async function many(count: number, body: (number: number) => object, client = 'web', world = busy): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, number) => ask(world, client, body(number))))
}

const question = (model: string, stream: boolean, text: string): object => ({
  model,
  stream,
  messages: [{ role: 'user', content: text }],
})

async function traffic(round: number): Promise<void> {
  const text = (number: number): string => `round ${round}, question ${number}`
  busy.setFaults([])
  await many(20, (number) => question('smart', number % 2 === 0, text(number)))
  await many(20, () => question('smart', false, text(0)))
  await many(20, (number) => question('cheap', number % 2 === 0, text(number)))
  for (let number = 0; number < 100; number++) {
    const asked = { ...question('smart', false, `spend ${text(number)}`), max_tokens: 20 }
    if ((await ask(busy, 'spender', asked)) === 429) break
  }
  await many(5, (number) => question('smart', false, text(number)), 'hasty')
  // Requests of several megabytes take the relay itself some time.
  await many(6, (number) => question('smart', false, `${number}${'long '.repeat(1_000_000)}`))
  busy.setFaults([{ kind: 'slow_first_token', delay: '400ms', rate: 0.5 }])
  await many(20, (number) => question('smart', true, `slow ${text(number)}`))
  busy.setFaults([{ kind: 'cut', after: 1, rate: 0.8 }])
  await many(30, (number) => question('smart', true, `cut ${text(number)}`))
  busy.setFaults([{ kind: 'error', status: 503, when: { provider: 'gemini' } }])
  await many(30, (number) => question('doomed', false, text(number)))
  await many(10, (number) => question('dearer', false, text(number)))
  await many(3, (number) => question('unreached', false, text(number)))
  busy.setFaults([{ kind: 'error', status: 503, when: { provider: 'anthropic' } }])
  await many(10, (number) => question('smart', false, `failing ${text(number)}`))
  small.setFaults([{ kind: 'slow_first_token', delay: '500ms' }])
  await many(10, (number) => question('smart', false, text(number)), 'web', small)
}

async function reload(more: string): Promise<void> {
  writeFileSync(busy.relay.configPath, readFileSync(busy.relay.configPath, 'utf8') + more)
  busy.relay.process.kill('SIGHUP')
  await pause(200)
}

async function assertSeries(name: string, expr: string): Promise<void> {
  const values = await prometheus.query(expr)
  assert.ok(values.some(Number.isFinite), `${name} gives no series: ${expr}`)
}

for (const dashboard of dashboardNames)
  test(`prometheus: every query of the dashboard ${dashboard} gives series after traffic`, { skip }, async (t) => {
    for (const { panel, expr } of queriesOf(dashboard))
      await t.test(`${panel}: ${expr.slice(0, 60)}`, () => assertSeries(`${dashboard}: ${panel}`, withVariables(expr, '1m')))
  })

for (const file of ruleFiles)
  test(`prometheus: every rule of ${file} gives series after traffic with faults`, { skip }, async (t) => {
    const groups = asArray(asObject(parse(readFileSync(file, 'utf8')))['groups'])
    for (const rule of groups.flatMap((group) => asArray(asObject(group)['rules'])).map(asObject)) {
      const name = asString(rule['alert'] ?? rule['record']) ?? ''
      await t.test(name, () => assertSeries(name, String(rule['expr'])))
    }
  })

test('prometheus: it evaluates the rules without an error', { skip }, async () =>
  assert.deepEqual(await prometheus.ruleErrors(), []),
)
