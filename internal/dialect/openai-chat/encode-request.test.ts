import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Part, Request } from '#canonical/request.ts'
import { asArray, asObject } from '#lib/json.ts'
import type { ModelTraits, Quirks } from '../quirks.ts'
import { fittedUserId } from '../user-id.ts'
import { encodeRequest } from './encode-request.ts'
import { requestOf, targetOf } from './test-kit.ts'

type Case = {
  readonly name: string
  readonly body?: Record<string, unknown>
  readonly request?: Partial<Request>
  readonly quirks?: Partial<Quirks>
  readonly traits?: Partial<ModelTraits>
  /** Fields of the written body; undefined is one that must not be there. */
  readonly written?: Record<string, unknown>
  /** `field!` is a refusal. */
  readonly losses?: readonly string[]
}

const f = { type: 'function', function: { name: 'f' } }
const efforts = { reasoning: { kind: 'effort', efforts: ['none', 'low', 'high'] } } as const
const schema = { response_format: { type: 'json_schema', json_schema: { name: 'a b', schema: { type: 'object' } } } }
const hi = { role: 'user', content: 'hi' }

const cases: readonly Case[] = [
  { name: 'the model is the target’s', written: { model: 'target-model', stream: undefined, stream_options: undefined } },
  { name: 'a stream asks for usage', body: { stream: true }, written: { stream_options: { include_usage: true } } },
  {
    name: 'a server without stream options is not asked',
    body: { stream: true },
    quirks: { chat: { streamOptions: false } },
    written: { stream: true, stream_options: undefined },
  },
  {
    name: 'limits and seed have the names of the provider',
    body: { max_tokens: 5, seed: 1 },
    quirks: { chat: { maxTokensField: 'max_completion_tokens', seedField: 'random_seed' } },
    written: { max_completion_tokens: 5, random_seed: 1, max_tokens: undefined, seed: undefined },
  },
  {
    name: 'a limit above the model’s is the model’s',
    body: { max_tokens: 900 },
    traits: { maxOutput: 100 },
    written: { max_tokens: 100 },
    losses: ['max_tokens'],
  },
  { name: 'a temperature is clamped', body: { temperature: 2 }, traits: { maxTemperature: 1.5 }, written: { temperature: 1.5 } },
  {
    name: 'a model with its own sampling is not told any',
    body: { temperature: 0, top_p: 1, logprobs: true },
    traits: { sampling: 'none' },
    written: { temperature: undefined, top_p: undefined, logprobs: undefined },
    losses: ['temperature', 'top_p', 'logprobs!'],
  },
  {
    name: 'sampling goes while reasoning is off',
    body: { temperature: 0, reasoning_effort: 'none' },
    quirks: { chat: { reasoningControl: 'reasoning_effort' } },
    traits: { sampling: 'unless_reasoning', ...efforts },
    written: { temperature: 0, reasoning_effort: 'none' },
  },
  { name: 'top_k is named where it is not known', body: { top_k: 5 }, written: { top_k: undefined }, losses: ['top_k'] },
  {
    name: 'top_k is sent where it is known',
    body: { top_k: 5 },
    quirks: { chat: { extendedSampling: true } },
    written: { top_k: 5 },
  },
  {
    name: 'rejected fields are named, by what they mean',
    body: { seed: 1, n: 2, logit_bias: { 1: 2 } },
    quirks: { rejects: ['seed', 'n', 'logit_bias'] },
    written: { seed: undefined, n: undefined },
    losses: ['seed', 'n!', 'logit_bias!'],
  },
  {
    name: 'stop sequences that the model refuses are not sent',
    body: { stop: ['x'] },
    traits: { stop: false },
    written: { stop: undefined },
  },
  {
    name: 'developer is system except at OpenAI',
    body: { messages: [{ role: 'developer', content: 'be nice' }] },
    written: { messages: [{ role: 'system', content: 'be nice' }] },
  },
  {
    name: 'developer stays at OpenAI',
    body: { messages: [{ role: 'developer', content: 'be nice' }] },
    quirks: { chat: { systemRole: 'developer' } },
    written: { messages: [{ role: 'developer', content: 'be nice' }] },
  },
  {
    name: 'an effort that the model has not becomes the nearest',
    body: { reasoning_effort: 'xhigh' },
    quirks: { chat: { reasoningControl: 'reasoning_effort' } },
    traits: efforts,
    written: { reasoning_effort: 'high' },
  },
  {
    name: 'an effort without a control is named',
    body: { reasoning_effort: 'high' },
    written: { reasoning_effort: undefined },
    losses: ['reasoning_effort'],
  },
  {
    name: 'DeepSeek is switched',
    body: { reasoning_effort: 'none' },
    quirks: { chat: { reasoningControl: 'deepseek_thinking' } },
    traits: efforts,
    written: { thinking: { type: 'disabled' }, reasoning_effort: undefined },
  },
  {
    name: 'Qwen is given a budget',
    body: { reasoning_effort: 'low' },
    quirks: { chat: { reasoningControl: 'qwen_enable_thinking' } },
    traits: { reasoning: { kind: 'budget', min: 0, max: 9000, off: 0 } },
    written: { enable_thinking: true, thinking_budget: 2048 },
  },
  {
    name: 'OpenRouter is given what the client gave',
    body: { reasoning: { max_tokens: 700 } },
    quirks: { chat: { reasoningControl: 'openrouter_reasoning' } },
    written: { reasoning: { max_tokens: 700 } },
  },
  {
    name: 'a forced tool switches off reasoning that nobody asked for',
    body: { tools: [f], tool_choice: 'required' },
    quirks: { chat: { reasoningControl: 'deepseek_thinking' } },
    traits: { ...efforts, forcedTool: 'unless_reasoning' },
    written: { tool_choice: 'required', thinking: { type: 'disabled' } },
  },
  {
    name: 'a forced tool is only offered beside reasoning that was asked for',
    body: { tools: [f, { type: 'function', function: { name: 'g' } }], tool_choice: f, reasoning_effort: 'high' },
    quirks: { chat: { reasoningControl: 'deepseek_thinking' } },
    traits: { ...efforts, forcedTool: 'unless_reasoning' },
    written: { tool_choice: 'auto', tools: [f] },
    losses: ['tool_choice'],
  },
  {
    name: 'must-call is spelt as the provider does',
    body: { tools: [f], tool_choice: 'required' },
    quirks: { chat: { requiredChoice: 'any' } },
    written: { tool_choice: 'any' },
  },
  {
    name: 'a subset of tools is all that is shown',
    body: {
      tools: [f, { type: 'function', function: { name: 'g' } }],
      tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [f] } },
    },
    written: { tools: [f], tool_choice: 'auto' },
  },
  {
    name: 'a choice without tools is left out',
    body: { tool_choice: 'auto', parallel_tool_calls: false },
    written: { tool_choice: undefined, parallel_tool_calls: undefined },
  },
  {
    name: 'a tool of another vendor is left out beside others',
    body: { tools: [f, { type: 'web_search' }] },
    written: { tools: [f] },
    losses: ['tools[1].web_search'],
  },
  {
    name: 'a tool of another vendor alone is refused',
    body: { tools: [{ type: 'web_search' }] },
    written: { tools: undefined },
    losses: ['tools[0].web_search!'],
  },
  {
    name: 'a tool of another vendor that must be called is refused',
    body: { tools: [f, { type: 'web_search' }], tool_choice: { type: 'web_search' } },
    losses: ['tools[1].web_search!'],
  },
  {
    name: 'a custom tool is a function with one text',
    body: { tools: [{ type: 'custom', custom: { name: 'c' } }] },
    written: {
      tools: [
        {
          type: 'function',
          function: { name: 'c', parameters: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] } },
        },
      ],
    },
  },
  {
    name: 'a custom tool stays one where it is known',
    body: { tools: [{ type: 'custom', custom: { name: 'c' } }], tool_choice: { type: 'custom', custom: { name: 'c' } } },
    quirks: { chat: { customTools: true } },
    written: { tools: [{ type: 'custom', custom: { name: 'c' } }], tool_choice: { type: 'custom', custom: { name: 'c' } } },
  },
  {
    name: 'a schema has a name that is taken',
    body: schema,
    written: { response_format: { type: 'json_schema', json_schema: { name: 'a_b', schema: { type: 'object' } } } },
  },
  {
    name: 'a schema is told in words where it is not taken',
    body: { ...schema, messages: [{ role: 'system', content: 'S' }, hi] },
    quirks: { chat: { responseFormat: 'json_object_only' } },
    written: {
      response_format: { type: 'json_object' },
      messages: [
        {
          role: 'system',
          content: 'S\n\nAnswer with JSON that conforms to this JSON Schema, and nothing else:\n{"type":"object"}',
        },
        hi,
      ],
    },
    losses: ['response_format'],
  },
  {
    name: 'JSON mode says the word',
    body: { response_format: { type: 'json_object' } },
    written: { messages: [{ role: 'system', content: 'Answer with JSON.' }, hi] },
  },
  {
    name: 'a client’s further fields go where the dialect is at home',
    body: { prediction: { a: 1 }, service_tier: 'flex', user: 'u', models: ['x'] },
    written: { prediction: { a: 1 }, service_tier: 'flex', user: 'u', models: undefined },
  },
  {
    name: 'a strict server gets known fields only, and each loss is named',
    body: { prediction: {}, audio: { voice: 'x' }, safe_prompt: true, user: 'u' },
    quirks: { passthrough: false, chat: { accepts: ['safe_prompt'] } },
    written: { prediction: undefined, safe_prompt: true, user: undefined },
    losses: ['user', 'prediction', 'audio!'],
  },
  {
    name: 'a user’s name too long for OpenAI is digested',
    request: { dialect: 'anthropic', endUser: 'u'.repeat(129) },
    quirks: { vendor: 'openai' },
    written: { safety_identifier: fittedUserId('u'.repeat(129), 128) },
  },
  {
    name: 'a tier of another dialect is OpenAI’s at OpenAI',
    request: { dialect: 'anthropic', tier: 'standard_only' },
    quirks: { vendor: 'openai' },
    written: { service_tier: 'default' },
  },
]

for (const { name, body, request, quirks, traits, written = {}, losses = [] } of cases) {
  test(`chat to provider: ${name}`, () => {
    const encoded = encodeRequest({ ...requestOf(body), ...request }, targetOf(quirks, traits))
    for (const [field, value] of Object.entries(written)) assert.deepEqual(encoded.body[field], value, field)
    assert.deepEqual(
      encoded.losses.map(({ field, severity }) => field + (severity === 'refuse' ? '!' : '')),
      losses,
    )
  })
}

const call = (id: string): unknown => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } })
const turn = [
  hi,
  { role: 'assistant', content: null, tool_calls: [call('toolu_1')] },
  { role: 'tool', tool_call_id: 'toolu_1', content: 'r' },
]

test('chat to provider: Mistral gets short ids, the same in every turn, and no user after a tool', () => {
  const encoded = encodeRequest(
    requestOf({ messages: [...turn, hi] }),
    targetOf({ chat: { shortToolIds: true, noUserAfterTool: true } }),
  )
  const messages = asArray(encoded.body['messages']).map(asObject)
  const id = asObject(asArray(messages[1]?.['tool_calls'])[0])['id']
  assert.match(String(id), /^[a-zA-Z0-9]{9}$/)
  assert.equal(messages[2]?.['tool_call_id'], id)
  assert.deepEqual(
    messages.map(({ role }) => role),
    ['user', 'assistant', 'tool', 'assistant', 'user'],
  )
})

test('chat to provider: images of tool results follow in a user message after all results', () => {
  const image: Part = { kind: 'image', source: { kind: 'base64', data: 'AAAA' }, mime: 'image/png' }
  const request = requestOf({ messages: turn })
  const result = (callId: string, parts: readonly Part[]): Part => ({ kind: 'tool_result', callId, parts })
  const encoded = encodeRequest(
    {
      ...request,
      messages: [
        ...request.messages.slice(0, 2),
        {
          role: 'tool',
          parts: [result('a', [{ kind: 'text', text: 'see' }, image]), result('b', [{ kind: 'text', text: 'ok' }])],
        },
      ],
    },
    targetOf(),
  )
  const messages = asArray(encoded.body['messages']).map(asObject)
  assert.deepEqual(messages.slice(2), [
    { role: 'tool', tool_call_id: 'a', content: 'see\n(1 attachment in the next user message)' },
    { role: 'tool', tool_call_id: 'b', content: 'ok' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Attachments of the tool results above:' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
      ],
    },
  ])
})

test('chat to provider: names of tools that are not taken are restored', () => {
  const encoded = encodeRequest(requestOf({ tools: [{ type: 'function', function: { name: 'a.b/c' } }] }), targetOf())
  const name = String(asObject(asObject(asArray(encoded.body['tools'])[0])['function'])['name'])
  assert.match(name, /^[a-zA-Z0-9_-]{1,64}$/)
  assert.equal(encoded.names?.get(name), 'a.b/c')
})

test('chat to provider: DeepSeek does not think on where the reasoning of earlier calls is missing', () => {
  const quirks: Partial<Quirks> = { chat: { reasoningControl: 'deepseek_thinking', reasoningBack: 'reasoning_content' } }
  assert.deepEqual(encodeRequest(requestOf({ messages: turn }), targetOf(quirks, efforts)).body['thinking'], { type: 'disabled' })
  const [first, called, result] = turn
  const reasoned = [first, { ...asObject(called), reasoning_content: 'hm' }, result]
  const { body } = encodeRequest(requestOf({ messages: reasoned }), targetOf(quirks, efforts))
  assert.equal(body['thinking'], undefined)
  assert.equal(asObject(asArray(body['messages'])[1])['reasoning_content'], 'hm')
})

test('chat to provider: documents and audio are written as Mistral has them', () => {
  const content = [
    { type: 'file', file: { file_data: 'data:application/pdf;base64,AAAA', filename: 'a.pdf' } },
    { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
  ]
  const request = requestOf({ messages: [{ role: 'user', content }] })
  const written = (quirks: Partial<Quirks>): unknown =>
    asObject(asArray(encodeRequest(request, targetOf(quirks)).body['messages'])[0])['content']
  assert.deepEqual(written({}), content)
  assert.deepEqual(written({ chat: { media: 'mistral' } }), [
    { type: 'document_url', document_url: 'data:application/pdf;base64,AAAA', document_name: 'a.pdf' },
    { type: 'input_audio', input_audio: 'AAAA' },
  ])
  const { losses } = encodeRequest(request, targetOf({ chat: { media: 'none' } }))
  assert.deepEqual(
    losses.map(({ field, severity }) => [field, severity]),
    [
      ['messages[0].file', 'refuse'],
      ['messages[0].audio', 'refuse'],
    ],
  )
})
