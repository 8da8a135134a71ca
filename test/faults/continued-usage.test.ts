import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

let world: MockRelay

before(async () => {
  world = await startMockRelay(
    'models:\n  m: { targets: [openai/gpt-4.1, anthropic/claude-sonnet-4-5] }\ntimeouts: { idle: 1s }\nlog: { level: warn }\n',
  )
})
after(() => world?.close())

type Told = { readonly ids: readonly string[]; readonly prompt: number; readonly completion: number }

async function ask(): Promise<Told> {
  const ids = new Set<string>()
  let usage = { prompt: 0, completion: 0 }
  const stream = await world.openai.chat.completions.create({
    model: 'm',
    stream: true,
    stream_options: { include_usage: true },
    messages: [{ role: 'user', content: 'Write 60 words.' }],
  })
  for await (const chunk of stream) {
    ids.add(chunk.id)
    if (chunk.usage) usage = { prompt: chunk.usage.prompt_tokens, completion: chunk.usage.completion_tokens }
  }
  return { ids: [...ids], ...usage }
}

for (const after of [20, 60]) {
  test(`a stream that was continued after ${after} of 60 words has one id, and the usage of both attempts`, async () => {
    world.setFaults([])
    const whole = await ask()
    world.setFaults([{ kind: 'cut', after, when: { provider: 'openai' } }])
    const joined = await ask()
    assert.equal(joined.ids.length, 1)
    // The prompt was read twice, the second time with the beginning of the answer.
    assert.ok(joined.prompt > 2 * whole.prompt, JSON.stringify({ whole, joined }))
    assert.ok(joined.completion >= 55 && joined.completion <= 85, JSON.stringify({ whole, joined }))
  })
}
