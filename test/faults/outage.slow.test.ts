import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { askAsCrowd } from '../load/crowd.ts'
import { plainAsk } from '../load/plain-ask.ts'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

/** Each provider in turn goes away for some seconds under steady load, and comes back. */
const providers = ['openai', 'anthropic', 'gemini'] as const
const callers = 20
const probeMs = 1000

let world: MockRelay
let expected = ''

before(async () => {
  const targets = (first: string): string =>
    [first, ...providers.filter((name) => name !== first)].map((name) => `${name}/m-${first}`).join(', ')
  const models = providers.map((name) => `  ${name}-first: { targets: [${targets(name)}] }`)
  world = await startMockRelay(
    `models:\n${models.join('\n')}\ntimeouts: { first_token: 1s, idle: 1s, total: 20s }\nretry: { backoff: { base: 20ms } }\nbreaker: { open_for: 1s }\nhealth: { interval: 1s, timeout: 500ms }\nlog: { level: warn }\n`,
    { first_token: '5ms', chunk: '1ms' },
  )
  expected = (await plainAsk(world.relay.url, { dialect: 'chat', stream: false, model: 'openai-first' })).text
})
after(() => world?.close())

const callsOf = (provider: string): number => world.mock.stats().providers[provider] ?? 0

for (const provider of providers) {
  test(`an outage of ${provider} under load: callers see nothing of it, and it is used again after`, async () => {
    world.mock.reset()
    // Its port stays open: 503 to everybody, the probes included.
    world.setFaults([{ kind: 'error', status: 503, when: { provider, operation: 'any' } }])
    const during = await askAsCrowd({ url: world.relay.url, model: `${provider}-first`, callers, requests: 400, expected })
    assert.deepEqual(during.failures, [])
    // Three errors in a row open the breaker; what was under way by then, and the trials, come on top.
    const asked = world.mock.calls().length > 0 ? callsOf(provider) : 0
    assert.ok(asked <= 3 * callers, `${asked} calls went to the dead provider`)

    world.mock.reset()
    world.setFaults([])
    await sleep(2 * probeMs)
    const after = await askAsCrowd({ url: world.relay.url, model: `${provider}-first`, callers, requests: 400, expected })
    assert.deepEqual(after.failures, [])
    assert.ok(callsOf(provider) > 100, `only ${callsOf(provider)} calls went to the recovered provider`)
  })
}

test('an outage of all providers but one: no caller sees it', async () => {
  world.mock.reset()
  world.setFaults([
    { kind: 'error', status: 503, when: { provider: 'openai', operation: 'any' } },
    { kind: 'silent_before', when: { provider: 'anthropic' } },
  ])
  const { failures } = await askAsCrowd({ url: world.relay.url, model: 'openai-first', callers, requests: 200, expected })
  assert.deepEqual(failures, [])
})
