import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ChatAnthropic } from '@langchain/anthropic'
import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import {
  type AIMessage,
  type AIMessageChunk,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import { z } from 'zod'
import { asNumber, asObject } from '#lib/json.ts'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

const models = ['anthropic/claude-opus-4-5', 'openai/gpt-4.1', 'gemini/gemini-3.7-flash'] as const
const asked = [new SystemMessage('You tell the weather.'), new HumanMessage('What is the weather in Oslo? Use get_weather.')]
const weather = tool(({ city }) => `rain, 7 degrees in ${city}`, {
  name: 'get_weather',
  description: 'The weather in a city.',
  schema: z.object({ city: z.string() }),
})

let world: MockRelay
let clients: Readonly<Record<string, (model: string) => BaseChatModel>>

before(async () => {
  world = await startMockRelay('models:\n  any: { targets: [openai/gpt-4.1] }\nlog: { level: warn }\n')
  const { url } = world.relay
  const openai = { apiKey: 'none', maxRetries: 0, configuration: { baseURL: `${url}/v1` } }
  clients = {
    'ChatOpenAI on Chat Completions': (model) => new ChatOpenAI({ ...openai, model }),
    'ChatOpenAI on Responses': (model) => new ChatOpenAI({ ...openai, model, useResponsesApi: true }),
    ChatAnthropic: (model) => new ChatAnthropic({ apiKey: 'none', anthropicApiUrl: url, model, maxRetries: 0, maxTokens: 1000 }),
  }
})
after(() => world?.close())

type Ask = (messages: readonly BaseMessage[]) => Promise<AIMessage>

function asks(client: BaseChatModel, streamed: boolean): Ask {
  const bound = client.bindTools?.([weather])
  assert.ok(bound)
  if (!streamed) return async (messages) => await bound.invoke([...messages])
  return async (messages) => {
    let whole: AIMessageChunk | undefined
    for await (const chunk of await bound.stream([...messages])) whole = whole === undefined ? chunk : whole.concat(chunk)
    assert.ok(whole)
    return whole
  }
}

for (const name of ['ChatOpenAI on Chat Completions', 'ChatOpenAI on Responses', 'ChatAnthropic']) {
  for (const model of models) {
    for (const streamed of [false, true]) {
      test(`LangChain's ${name}, ${streamed ? 'streamed' : 'whole'}, to ${model}: a tool is called and its result is told`, async () => {
        const make = clients[name]
        assert.ok(make)
        const ask = asks(make(model), streamed)
        const called = await ask(asked)
        const [call] = called.tool_calls ?? []
        assert.equal(call?.name, 'get_weather')
        const result: unknown = await weather.invoke({ ...call, type: 'tool_call' })
        assert.ok(ToolMessage.isInstance(result))
        const told = await ask([...asked, called, result])
        assert.match(told.text, /rain, 7 degrees in/)
        assert.deepEqual(told.tool_calls, [])
        assert.ok((asNumber(asObject(told.usage_metadata)['output_tokens']) ?? 0) > 0)
      })
    }
  }
}
