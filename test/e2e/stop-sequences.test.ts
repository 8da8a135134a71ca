import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { dialects } from '#dialect/registry.ts'
import { createMock, type Mock } from '#mock/mock.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'

let mock: Mock
let relay: RelayProcess

// The mock says what it was told, in a sentence that ends with these words.
const question = 'Say: alpha beta OBSERVATION: gamma'
const stop = 'OBSERVATION:'

before(async () => {
  const responses = { name: 'gpt', dialects: dialects.filter(({ name }) => name === 'openai-responses') }
  mock = await createMock({ providers: [responses] })
  const url = mock.providers[0]?.url ?? ''
  relay = await startRelay(
    `version: 1\nproviders:\n  gpt: { type: openai, api: responses, api_key: k, base_url: "${url}/v1" }\nmodels:\n  any: { targets: [gpt/gpt-4.1] }\nhealth: { probe: off }\nlog: { level: warn }\n`,
  )
})
after(async () => {
  await relay?.stop()
  await mock?.close()
})

test('a Chat client’s stop sequence ends the answer of a provider that has none, whole and streamed', async () => {
  const client = new OpenAI({ baseURL: `${relay.url}/v1`, apiKey: 'k', maxRetries: 0 })
  const body = { model: 'any', stop, messages: [{ role: 'user', content: question }] } as const
  const whole = await client.chat.completions.create({ ...body, messages: [...body.messages] })
  const { message, finish_reason } = whole.choices[0] ?? {}
  assert.match(message?.content ?? '', /alpha beta $/)
  assert.equal(finish_reason, 'stop')
  const stream = client.chat.completions.stream({
    ...body,
    messages: [...body.messages],
    stream_options: { include_usage: true },
  })
  const final = await stream.finalChatCompletion()
  assert.equal(final.choices[0]?.message.content, message?.content)
  // What the model wrote unseen is counted: it was paid for.
  assert.ok((final.usage?.completion_tokens ?? 0) > 0)
  assert.equal(final.usage?.completion_tokens, whole.usage?.completion_tokens)
})

test('an Anthropic client is told which sequence it was', async () => {
  const client = new Anthropic({ baseURL: relay.url, apiKey: 'k', maxRetries: 0 })
  const stream = client.messages.stream({
    model: 'any',
    max_tokens: 100,
    stop_sequences: [stop],
    messages: [{ role: 'user', content: question }],
  })
  const final = await stream.finalMessage()
  assert.equal(final.stop_reason, 'stop_sequence')
  assert.equal(final.stop_sequence, stop)
  assert.match(final.content[0]?.type === 'text' ? final.content[0].text : '', /alpha beta $/)
})

test('a Gemini client’s too', async () => {
  const client = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: relay.url } })
  const answer = await client.models.generateContent({
    model: 'any',
    contents: question,
    config: { stopSequences: [stop] },
  })
  assert.match(answer.text ?? '', /alpha beta $/)
})
