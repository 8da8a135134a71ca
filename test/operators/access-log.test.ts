import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asArray, asObject, parseJson } from '#lib/json.ts'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

let world: MockRelay
const routes = `models:
  m: { targets: [anthropic/claude-opus-5-5, openai/gpt-4.1] }
rules:
  - { when: { header: { x-team: none } }, use: m }
  - { when: { tier: gold }, use: m }
health: { probe: off }
retry: { backoff: { base: 1ms } }
clients: [{ name: web, key: sk-web-client-key }]
`

before(async () => {
  world = await startMockRelay(routes)
})
after(async () => world?.close())

type Line = Readonly<Record<string, unknown>>

async function ask(body: object, id: string): Promise<Line> {
  const response = await fetch(`${world.relay.url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer sk-web-client-key',
      'x-request-id': id,
      'x-outrigger-tier': 'gold',
      'x-secret': 'header-secret',
    },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'a secret of the client' }], ...body }),
  })
  const answer = await response.text()
  const line = await lineOf(id)
  assert.equal(line['bytes_out'], Buffer.byteLength(answer))
  return line
}

async function lineOf(id: string): Promise<Line> {
  for (let waited = 0; waited < 5000; waited += 10) {
    const text = world.relay
      .log()
      .split('\n')
      .find((line) => line.includes(`"request_id":"${id}"`) && line.includes('"request finished"'))
    const parsed = parseJson(text ?? '')
    if (parsed.ok) return asObject(parsed.value)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return assert.fail(`no line of ${id} in\n${world.relay.log()}`)
}

for (const stream of [false, true]) {
  test(`access log: one line tells all of ${stream ? 'a stream' : 'a whole answer'} that failed over`, async () => {
    world.setFaults([{ kind: 'error', status: 503, when: { provider: 'anthropic' } }])
    const id = `log-${stream}`
    const line = await ask({ stream }, id)
    const { dialect, route, rule, target, outcome, status, finish_reason, client, tier } = line
    assert.deepEqual(
      { dialect, route, rule, target, outcome, status, finish_reason, client, tier },
      {
        dialect: 'openai-chat',
        route: 'm',
        rule: 2,
        target: 'openai/gpt-4.1',
        outcome: 'ok',
        status: 200,
        finish_reason: 'stop',
        client: 'web',
        tier: 'gold',
      },
    )
    const attempts = asArray(line['attempts']).map(asObject)
    assert.deepEqual(
      attempts.map((attempt) => [attempt['target'], attempt['outcome'], attempt['status']]),
      [
        ['anthropic/claude-opus-5-5', 'overloaded', 503],
        ['openai/gpt-4.1', 'ok', 200],
      ],
    )
    const numbers = ['input_tokens', 'output_tokens', 'cost_usd', 'duration_ms', 'overhead_ms', 'bytes_in', 'bytes_out']
    for (const name of [...numbers, ...(stream ? ['first_token_ms'] : [])])
      assert.ok(Number(line[name]) > 0, `${name} is ${String(line[name])}`)
    for (const attempt of attempts) assert.ok(Number(attempt['ms']) >= 0)
    assert.equal(line['stream'], stream ? 'complete' : undefined)
    assert.equal(world.relay.log().split(`"request_id":"${id}"`).length - 1, 2, 'the failover and the request')
  })
}

test('access log: neither prompts nor answers nor keys nor headers', async () => {
  world.setFaults([{ kind: 'error', status: 500, body: 'dialect' }])
  await ask({}, 'log-secrets')
  assert.doesNotMatch(world.relay.log(), /a secret of the client|header-secret|sk-web-client-key/)
})

test('access log: PUT /loglevel silences it and brings it back', async () => {
  world.setFaults([])
  const put = (level: string): Promise<Response> => fetch(`${world.relay.adminUrl}/loglevel`, { method: 'PUT', body: level })
  assert.equal((await put('nonsense')).status, 400)
  assert.equal((await put('warn')).status, 200)
  await world.openai.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] }).catch(() => {})
  const response = await fetch(`${world.relay.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk-web-client-key', 'x-request-id': 'log-silent' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] }),
  })
  assert.equal(response.status, 200)
  assert.equal((await put('info')).status, 200)
  await ask({}, 'log-loud')
  assert.doesNotMatch(world.relay.log(), /log-silent/)
})
