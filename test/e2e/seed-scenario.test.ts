import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

let world: MockRelay

before(async () => {
  world = await startMockRelay(
    'models:\n  smart: { strategy: fallback, targets: [anthropic/claude-opus-5-5, openai/gpt-5.6, gemini/gemini-3.7-flash] }\nretry: { backoff: { jitter: 0 } }\nlog: { level: info }\n',
  )
})
after(() => world?.close())

test('Claude answers 503, 500 ms later GPT answers 503, then Gemini answers; after three errors in a row the breaker opens', async () => {
  world.setFaults([
    { kind: 'error', status: 503, when: { provider: 'anthropic' } },
    { kind: 'error', status: 503, when: { provider: 'openai' } },
  ])
  for (let number = 1; number <= 3; number++) {
    const { data, response } = await world.openai.chat.completions
      .create({ model: 'smart', messages: [{ role: 'user', content: 'Hello' }] })
      .withResponse()
    assert.match(data.choices[0]?.message.content ?? '', /gemini/i)
    assert.equal(response.headers.get('x-outrigger-target'), 'gemini/gemini-3.7-flash')
    assert.equal(response.headers.get('x-outrigger-attempts'), '3')
    assert.equal(response.headers.get('x-outrigger-route'), 'smart')
  }
  await world.relay.logged(/(?:"from":"anthropic[^}]*"wait_ms":\d+[\s\S]*){3}/)
  const waits = [...world.relay.log().matchAll(/"from":"anthropic[^}]*"wait_ms":(\d+)/g)].map((match) => Number(match[1]))
  assert.deepEqual(waits, [500, 500, 500])

  // Three in a row have failed at both: neither is asked again.
  world.mock.reset()
  const { data, response } = await world.openai.chat.completions
    .create({ model: 'smart', messages: [{ role: 'user', content: 'Hello again' }] })
    .withResponse()
  assert.match(data.choices[0]?.message.content ?? '', /gemini/i)
  assert.equal(response.headers.get('x-outrigger-attempts'), '1')
  assert.deepEqual(
    world.mock.calls().map((call) => call.provider),
    ['gemini'],
  )
  const metrics = await (await fetch(`${world.relay.adminUrl}/metrics`)).text()
  assert.match(metrics, /outrigger_breaker_state\{target="anthropic\/claude-opus-5-5"\} 2/)
  assert.match(
    metrics,
    /outrigger_failovers_total\{route="smart",from="anthropic\/claude-opus-5-5",to="openai\/gpt-5.6",reason="overloaded"\} 3/,
  )
})
