import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import OpenAI from 'openai'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

let world: MockRelay

before(async () => {
  world = await startMockRelay(`models:
  claude: { targets: [anthropic/claude-opus-4-5] }
  gem: { targets: [gemini/gemini-3.7-flash] }
  chat: { targets: [openai/gpt-4.1] }
  instruct: { targets: [openai/gpt-3.5-turbo-instruct] }
  first-that-can: { targets: [anthropic/claude-opus-4-5, openai/gpt-3.5-turbo-instruct] }
log: { level: warn }
`)
})
after(() => world?.close())

const paths: readonly [string, RegExp][] = [
  ['claude', /^\/v1\/messages$/],
  ['gem', /:generateContent$|:streamGenerateContent/],
  ['chat', /^\/v1\/chat\/completions$/],
  ['instruct', /^\/v1\/completions$/],
]

for (const [model, path] of paths) {
  test(`a legacy completion from ${model}, whole and streamed`, async () => {
    const whole = await world.openai.completions.create({ model, prompt: 'Say boat', max_tokens: 200 })
    assert.equal(whole.object, 'text_completion')
    assert.match(whole.choices[0]?.text ?? '', /Say boat/)
    assert.equal(whole.choices[0]?.finish_reason, 'stop')
    assert.ok((whole.usage?.completion_tokens ?? 0) > 0)
    assert.match(world.mock.calls().at(-1)?.path ?? '', path)
    let text = ''
    let finish: string | null = null
    for await (const chunk of await world.openai.completions.create({
      model,
      prompt: 'Say boat',
      max_tokens: 200,
      stream: true,
    })) {
      text += chunk.choices[0]?.text ?? ''
      finish = chunk.choices[0]?.finish_reason ?? finish
    }
    assert.equal(text, whole.choices[0]?.text)
    assert.equal(finish, 'stop')
  })
}

test('what a conversation cannot say goes to a target of this route only', async () => {
  await assert.rejects(world.openai.completions.create({ model: 'claude', prompt: 'a', suffix: 'b' }), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError)
    assert.match(error.message, /suffix/)
    return true
  })
  const { response } = await world.openai.completions.create({ model: 'first-that-can', prompt: 'a', suffix: 'b' }).withResponse()
  assert.equal(response.headers.get('x-outrigger-target'), 'openai/gpt-3.5-turbo-instruct')
})
