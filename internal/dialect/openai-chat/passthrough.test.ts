import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ModelTraits, Quirks } from '../quirks.ts'
import { passthrough } from './passthrough.ts'
import { requestOf, targetOf } from './test-kit.ts'

type Case = {
  readonly name: string
  readonly body: Record<string, unknown>
  readonly quirks?: Partial<Quirks>
  readonly traits?: Partial<ModelTraits>
  /** What changes. */
  readonly changes: Record<string, unknown>
  readonly losses?: readonly string[]
}

const reasons = { reasoning: { kind: 'effort', efforts: ['low'] } } as const
const messages = [{ role: 'user', content: 'hi', unknown: 1 }]

const plainCall = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }
const openRouters = { type: 'reasoning.text', text: 'Hm' }
const signedTurn = {
  role: 'assistant',
  content: null,
  reasoning_details: [openRouters, { type: 'outrigger', vendor: 'anthropic', kind: 'signature', data: 's' }],
  tool_calls: [{ ...plainCall, extra_content: { google: { thought_signature: 's' } } }],
}

const cases: readonly Case[] = [
  {
    name: 'everything goes as it came',
    body: { messages, n: 1, seed: null, x: { y: 1 } },
    quirks: { rejects: ['n', 'seed'] },
    changes: {},
  },
  {
    name: 'a stream is asked for its usage',
    body: { messages, stream: true, stream_options: { include_obfuscation: false } },
    changes: { stream_options: { include_obfuscation: false, include_usage: true } },
  },
  {
    name: 'a server without stream options is not asked',
    body: { messages, stream: true },
    quirks: { chat: { streamOptions: false } },
    changes: {},
  },
  {
    name: 'what other vendors signed stays here',
    body: { messages: [...messages, signedTurn] },
    changes: { messages: [...messages, { ...signedTurn, reasoning_details: [openRouters], tool_calls: [plainCall] }] },
  },
  {
    name: 'a gateway to many vendors gets what Google signed',
    body: { messages: [...messages, signedTurn] },
    quirks: { chat: { gateway: true } },
    changes: { messages: [...messages, { ...signedTurn, reasoning_details: [openRouters] }] },
  },
  {
    name: 'routing fields stay here',
    body: { messages, models: ['a'], provider: {} },
    changes: { models: undefined, provider: undefined },
  },
  {
    name: 'routing fields go to OpenRouter',
    body: { messages, models: ['a'], provider: {} },
    quirks: { vendor: 'openrouter' },
    changes: {},
  },
  {
    name: 'rejected fields are named',
    body: { messages, seed: 5 },
    quirks: { rejects: ['seed'] },
    changes: { seed: undefined },
    losses: ['seed'],
  },
  {
    name: 'sampling that the model refuses is named',
    body: { messages, temperature: 0, stop: ['x'] },
    traits: { sampling: 'none', stop: false },
    changes: { temperature: undefined },
    losses: ['temperature'],
  },
  {
    name: 'the old name of the limit is not sent to a reasoning model',
    body: { messages, max_tokens: 5 },
    quirks: { chat: { maxTokensField: 'max_completion_tokens' } },
    traits: reasons,
    changes: { max_tokens: undefined, max_completion_tokens: 5 },
  },
  {
    name: 'developer is written as system where it is not known',
    body: { messages: [{ role: 'developer', content: 'a', unknown: 1 }] },
    changes: { messages: [{ role: 'system', content: 'a', unknown: 1 }] },
  },
  {
    name: 'a schema is told in words where it is not taken',
    body: { messages, response_format: { type: 'json_schema', json_schema: { name: 'n', schema: {} } } },
    quirks: { chat: { responseFormat: 'json_object_only' } },
    changes: {
      response_format: { type: 'json_object' },
      messages: [
        { role: 'system', content: 'Answer with JSON that conforms to this JSON Schema, and nothing else:\n{}' },
        ...messages,
      ],
    },
    losses: ['response_format'],
  },
]

for (const { name, body, quirks, traits, changes, losses = [] } of cases) {
  test(`chat pass-through: ${name}`, () => {
    const encoded = passthrough.encodeRequest(requestOf(body), targetOf(quirks, traits))
    const expected = Object.entries({ ...body, ...changes, model: 'target-model' }).filter(([, value]) => value !== undefined)
    assert.deepEqual(encoded.body, Object.fromEntries(expected))
    assert.deepEqual(
      encoded.losses.map(({ field }) => field),
      losses,
    )
  })
}

const usage = '{"id":"x","choices": [], "usage":{"prompt_tokens":1}}'
const frames: readonly { name: string; body: Record<string, unknown>; event?: string; data: string; text: string }[] = [
  { name: 'a chunk passes', body: {}, data: '{"choices":[{"delta":{}}]}', text: 'data: {"choices":[{"delta":{}}]}\n\n' },
  { name: 'the end passes', body: {}, data: '[DONE]', text: 'data: [DONE]\n\n' },
  { name: 'usage that nobody asked for is hidden', body: {}, data: usage, text: '' },
  {
    name: 'usage that was asked for passes',
    body: { stream_options: { include_usage: true } },
    data: usage,
    text: `data: ${usage}\n\n`,
  },
  {
    name: "Azure's first chunk passes",
    body: {},
    data: '{"choices":[],"usage":null}',
    text: 'data: {"choices":[],"usage":null}\n\n',
  },
  {
    name: 'text about usage passes',
    body: {},
    data: '{"choices":[{"d":"\\"choices\\":[] \\"usage\\":{}"}]}',
    text: 'data: {"choices":[{"d":"\\"choices\\":[] \\"usage\\":{}"}]}\n\n',
  },
  {
    name: 'a named event keeps its name',
    body: {},
    event: 'error',
    data: '{"error":{}}',
    text: 'event: error\ndata: {"error":{}}\n\n',
  },
  { name: 'line breaks between tokens do not end the frame', body: {}, data: '{\n"a":1}', text: 'data: { "a":1}\n\n' },
]

for (const { name, body, event = '', data, text } of frames) {
  test(`chat pass-through: ${name}`, () => assert.equal(passthrough.frame({ event, data }, requestOf(body), targetOf()), text))
}
