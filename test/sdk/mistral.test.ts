import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Mistral } from '@mistralai/mistralai'
import type { ChatCompletionRequest, ContentChunk, ToolCall } from '@mistralai/mistralai/models/components'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

type Message = ChatCompletionRequest['messages'][number]

/** An assistant's turn, whole or put together from a stream's deltas. */
type Turn = {
  readonly text: string
  readonly calls: readonly ToolCall[]
  readonly finish: string | null
  readonly tokens: number
}

const models = ['anthropic/claude-opus-4-5', 'openai/gpt-4.1', 'gemini/gemini-3.7-flash'] as const
const weather = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'The weather in a city.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}

let world: MockRelay
let mistral: Mistral

before(async () => {
  world = await startMockRelay('models:\n  any: { targets: [openai/gpt-4.1] }\nlog: { level: warn }\n')
  mistral = new Mistral({ apiKey: 'none', serverURL: world.relay.url, retryConfig: { strategy: 'none' } })
})
after(() => world?.close())

async function whole(request: ChatCompletionRequest): Promise<Turn> {
  const { choices, usage } = await mistral.chat.complete({ ...request, stream: false })
  const message = choices[0]?.message
  assert.ok(message)
  return {
    text: textOf(message.content),
    calls: message.toolCalls ?? [],
    finish: choices[0]?.finishReason ?? null,
    tokens: usage.totalTokens ?? 0,
  }
}

async function streamed(request: ChatCompletionRequest): Promise<Turn> {
  const calls: ToolCall[] = []
  let turn: Omit<Turn, 'calls'> = { text: '', finish: null, tokens: 0 }
  for await (const { data } of await mistral.chat.stream({ ...request, stream: true })) {
    const [choice] = data.choices
    const text = turn.text + textOf(choice?.delta.content)
    turn = { text, finish: choice?.finishReason ?? turn.finish, tokens: data.usage?.totalTokens ?? turn.tokens }
    // A call is whole in its chunk: the SDK has no other form.
    calls.push(...(choice?.delta.toolCalls ?? []))
  }
  return { ...turn, calls }
}

function textOf(content: string | readonly ContentChunk[] | null | undefined): string {
  if (typeof content === 'string') return content
  return (content ?? []).map((chunk) => (chunk.type === 'text' ? chunk.text : '')).join('')
}

for (const model of models) {
  for (const [form, ask] of [
    ['whole', whole],
    ['streamed', streamed],
  ] as const) {
    test(`Mistral's SDK, ${form}, to ${model}: a tool is called and its result is told`, async () => {
      const asked: readonly Message[] = [
        { role: 'system', content: 'You tell the weather.' },
        { role: 'user', content: [{ type: 'text', text: 'What is the weather in Oslo?' }] },
      ]
      // Mistral's own words: `any` for a call that must come, random_seed, safe_prompt.
      const settings = { model, tools: [weather], maxTokens: 500, randomSeed: 7, safePrompt: true }
      const called = await ask({ ...settings, messages: [...asked], toolChoice: 'any' })
      assert.equal(called.finish, 'tool_calls')
      const [call] = called.calls
      assert.ok(call)
      assert.equal(call.function.name, 'get_weather')
      const { arguments: args } = call.function
      assert.equal(typeof (typeof args === 'string' ? JSON.parse(args) : args).city, 'string')
      const told = await ask({
        ...settings,
        messages: [
          ...asked,
          { role: 'assistant', content: '', toolCalls: [...called.calls] },
          { role: 'tool', name: 'get_weather', toolCallId: call.id ?? '', content: 'rain, 7 degrees' },
        ],
      })
      assert.equal(told.finish, 'stop')
      assert.match(told.text, /rain, 7 degrees/)
      assert.ok(told.tokens > 0)
    })
  }
}
