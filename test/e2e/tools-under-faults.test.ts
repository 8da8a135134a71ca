import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type OpenAI from 'openai'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

const families = ['anthropic/claude-opus-5-5', 'openai/gpt-4.1', 'gemini/gemini-3.7-flash'] as const
const targets = (first: number): string => [0, 1, 2].map((at) => families[(first + at) % 3]).join(', ')

let world: MockRelay

before(async () => {
  const models = families.map((_, first) => `  m${first}: { targets: [${targets(first)}] }`).join('\n')
  world = await startMockRelay(
    `models:\n${models}\nretry: { backoff: { base: 5ms } }\nbreaker: { consecutive_errors: 1000 }\nlog: { level: warn }\n`,
  )
})
after(() => world?.close())

const tools: OpenAI.ChatCompletionTool[] = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'The weather in a city.',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
]
const question: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'What is the weather in Oslo? Use get_weather.' }]

for (const [first, family] of families.entries()) {
  test(`a whole conversation with a tool, ${family} first, half of its calls failing`, async () => {
    world.setFaults([{ kind: 'error', status: 503, rate: 0.5, when: { provider: family.split('/')[0] } }], first + 1)
    for (let round = 0; round < 6; round++) {
      const answer = await world.openai.chat.completions.create({ model: `m${first}`, messages: question, tools })
      const message = answer.choices[0]?.message
      assert.equal(answer.choices[0]?.finish_reason, 'tool_calls')
      const call = message?.tool_calls?.[0]
      assert.ok(message && call?.type === 'function')
      assert.equal(call.function.name, 'get_weather')
      assert.equal(typeof JSON.parse(call.function.arguments).city, 'string')
      const last = await world.openai.chat.completions.create({
        model: `m${first}`,
        tools,
        messages: [...question, message, { role: 'tool', tool_call_id: call.id, content: 'rain, 7 degrees' }],
      })
      assert.equal(last.choices[0]?.finish_reason, 'stop')
      assert.match(last.choices[0]?.message.content ?? '', /rain, 7 degrees/)
    }
  })

  test(`a streamed tool call, ${family} first, with an error event before any content`, async () => {
    world.setFaults([{ kind: 'error_event', first: true, rate: 0.5, when: { provider: family.split('/')[0] } }], first + 1)
    for (let round = 0; round < 6; round++) {
      const stream = world.openai.chat.completions.stream({
        model: `m${first}`,
        messages: question,
        tools,
        stream_options: { include_usage: true },
      })
      const answer = await stream.finalChatCompletion()
      const call = answer.choices[0]?.message.tool_calls?.[0]
      assert.ok(call?.type === 'function')
      assert.equal(call.function.name, 'get_weather')
      assert.equal(typeof JSON.parse(call.function.arguments).city, 'string')
      assert.equal(answer.choices[0]?.finish_reason, 'tool_calls')
      assert.ok((answer.usage?.total_tokens ?? 0) > 0)
    }
  })
}

test('1,000 requests one after the other, the first provider failing three times in ten: 1,000 good answers', async () => {
  world.setFaults([{ kind: 'error', status: 503, rate: 0.3, when: { provider: 'anthropic' } }], 7)
  let good = 0
  let failedOver = 0
  for (let number = 0; number < 1000; number++) {
    const { data, response } = await world.openai.chat.completions
      .create({ model: 'm0', messages: [{ role: 'user', content: `Hello ${number}` }] })
      .withResponse()
    if ((data.choices[0]?.message.content ?? '') !== '' && data.choices[0]?.finish_reason === 'stop') good++
    if (response.headers.get('x-outrigger-attempts') !== '1') failedOver++
  }
  assert.equal(good, 1000)
  assert.ok(failedOver > 200, `${failedOver} failed over`)
})
