import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

let world: MockRelay

before(async () => {
  world = await startMockRelay(`models:
  sharing:
    strategy: weighted
    affinity: prefix
    targets:
      - { target: openai/gpt-4.1, price: { input: 1, output: 1, cached_input: 0.1 } }
      - { target: openai/gpt-4.1-mini, price: { input: 1, output: 1, cached_input: 0.1 } }
  copied:
    targets: [{ target: openai/gpt-4.1, price: { input: 1, output: 1 } }]
    mirror: { target: gemini/gemini-3.7-flash }
`)
})
after(() => world?.close())

/** Metrics whose line begins so. */
async function metric(begin: string): Promise<number> {
  const text = await (await fetch(`${world.relay.adminUrl}/metrics`)).text()
  const line = text.split('\n').find((each) => each.startsWith(begin))
  return Number(line?.slice(line.lastIndexOf(' ') + 1) ?? 0)
}

async function eventually(check: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await check()) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  assert.fail('it never came')
}

async function targetOf(messages: readonly string[]): Promise<string | null> {
  const { response } = await world.openai.chat.completions
    .create({
      model: 'sharing',
      messages: messages.map((content, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content })),
    })
    .withResponse()
  return response.headers.get('x-outrigger-target')
}

test('a conversation stays where its beginning is cached', async () => {
  const long = 'A long document. '.repeat(800)
  const first = await targetOf([long])
  for (let turn = 0; turn < 10; turn++) assert.equal(await targetOf([long, 'An answer.', `question ${turn}`]), first)
})

test('copies go to the mirror and are counted there alone', async () => {
  const { response } = await world.openai.chat.completions
    .create({ model: 'copied', messages: [{ role: 'user', content: 'Hi' }] })
    .withResponse()
  assert.equal(response.headers.get('x-outrigger-target'), 'openai/gpt-4.1')
  const mirrored = 'outrigger_mirrored_requests_total{route="copied",target="gemini/gemini-3.7-flash",outcome="ok"}'
  await eventually(async () => (await metric(mirrored)) === 1)
  assert.equal(await metric('outrigger_attempts_total{target="gemini/gemini-3.7-flash",outcome="ok"}'), 0)
  assert.match(world.relay.log(), /"message":"mirrored request finished"/)
})
