import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asArray, asObject, type JsonObject, parseJson } from '#lib/json.ts'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

let world: MockRelay

before(async () => {
  world = await startMockRelay(
    [
      'models:',
      '  smart: { targets: [anthropic/claude-opus-5-5, openai/gpt-4.1] }',
      '  "gpt-*": { targets: ["openai/*"] }',
      'alerts: [{ error_rate: 5%, over: 5m, min_requests: 2 }]',
      '',
    ].join('\n'),
  )
})
after(() => world?.close())

async function status(): Promise<JsonObject> {
  const parsed = parseJson(await (await fetch(`${world.relay.adminUrl}/status`)).text())
  assert.ok(parsed.ok)
  return asObject(parsed.value)
}

function ask(model = 'smart'): Promise<unknown> {
  return world.openai.chat.completions.create({ model, messages: [{ role: 'user', content: 'Hello' }] })
}

test('status: a relay without traffic is well, its targets idle', async () => {
  const seen = await status()
  assert.equal(asObject(seen['verdict'])['level'], 'ok')
  assert.deepEqual(
    asArray(seen['targets']).map((target) => [asObject(target)['target'], asObject(target)['state']]),
    [
      ['anthropic/claude-opus-5-5', 'idle'],
      ['openai/gpt-4.1', 'idle'],
    ],
  )
})

test('status: a provider that goes down is told with its beginning and its words; clients are served', async () => {
  await ask()
  world.setFaults([{ kind: 'error', status: 529, when: { provider: 'anthropic' } }])
  const beganMs = Date.now()
  for (let count = 0; count < 6; count++) await ask()
  await ask('gpt-4o')
  const seen = await status()
  const verdict = asObject(seen['verdict'])
  assert.equal(verdict['level'], 'critical')
  assert.equal(verdict['text'], 'anthropic is down. Clients are served by other targets.')
  const problem = asObject(asArray(seen['problems'])[0])
  assert.equal(problem['provider'], 'anthropic')
  const sinceMs = Date.parse(String(problem['since']))
  assert.ok(sinceMs >= beganMs && sinceMs <= Date.now())
  assert.equal(asObject(problem['last_error'])['status'], 529)

  const [first, ...others] = asArray(seen['targets']).map(asObject)
  assert.equal(first?.['target'], 'anthropic/claude-opus-5-5')
  assert.equal(first?.['state'], 'down')
  assert.ok(Number(first?.['requests_per_minute']) >= 4)
  assert.equal(asArray(first?.['latency_series_ms']).length, 60)
  assert.ok(Number(others[0]?.['cost_today_usd']) > 0)
  assert.ok(others.some((target) => target['target'] === 'openai/gpt-4o'))

  const failover = asObject(asArray(seen['failovers'])[0])
  assert.deepEqual([failover['from'], failover['to']], ['anthropic/claude-opus-5-5', 'openai/gpt-4.1'])
  assert.equal(asObject(failover['error'])['status'], 529)
  const alerts = asArray(seen['alerts']).map((alert) => asObject(alert)['alert'])
  assert.ok(alerts.includes('breaker_open') && alerts.includes('error_rate'), alerts.join())
  assert.deepEqual(asObject(seen['traffic'])['last_5m'], { attempts: 8, failed: 0 })
})
