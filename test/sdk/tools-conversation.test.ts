import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clientsOf, conversations } from '../support/conversations.ts'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

const models = ['anthropic/claude-opus-4-5', 'openai/gpt-4.1', 'gemini/gemini-3.7-flash'] as const

let world: MockRelay

before(async () => {
  world = await startMockRelay('models:\n  any: { targets: [openai/gpt-4.1] }\nlog: { level: warn }\n')
})
after(() => world?.close())

for (const [sdk, converse] of conversations) {
  for (const model of models) {
    for (const stream of [false, true]) {
      test(`${sdk} SDK, ${stream ? 'streamed' : 'whole'}, to ${model}: a tool is called and its result is told`, async () => {
        const { called, text } = await converse(clientsOf(world.relay.url), model, stream)
        assert.equal(called, 'get_weather')
        assert.match(text, /rain, 7 degrees/)
      })
    }
  }
}
