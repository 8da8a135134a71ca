import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

let world: MockRelay

before(async () => {
  world = await startMockRelay(
    'models:\n  m: { targets: [openai/gpt-4.1, anthropic/claude-sonnet-4-5, gemini/gemini-3.7-flash] }\nretry: { budget: 0%, backoff: { base: 1ms } }\nlog: { level: warn }\n',
  )
})
after(() => world?.close())

const ask = () => world.openai.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'Write 60 words.' }] })

test('without a retry budget a request still moves on to a healthy target, once', async () => {
  world.mock.reset()
  world.setFaults([{ kind: 'reset', when: { provider: 'openai' } }])
  const answer = await ask()
  assert.equal(answer.choices[0]?.message.content?.trim().split(/\s+/).length, 60)
  // The failed target is not asked a second time: that would be a retry.
  assert.deepEqual(world.mock.stats().providers, { openai: 1, anthropic: 1 })
})

test('without a retry budget a second move is none of its own', async () => {
  world.mock.reset()
  world.setFaults([
    { kind: 'reset', when: { provider: 'openai' } },
    { kind: 'error', status: 503, when: { provider: 'anthropic' } },
  ])
  await assert.rejects(ask(), /all 2 attempts failed/)
  assert.equal(world.mock.stats().requests, 2)
})
