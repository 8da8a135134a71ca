import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json, Request } from '#canonical/request.ts'
import { asArray, asObject } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'
import { openaiResponses } from './index.ts'
import { openai, other, request, traits } from './test-requests.ts'

const call = { type: 'function_call', call_id: 'c1', name: 'add', arguments: '{"a":1}' }

function encode(body: Json, target: EncodeTarget = openai): { readonly body: Json; readonly losses: readonly string[] } {
  const encoded = openaiResponses.encodeRequest(request(body), target)
  assert.equal(encoded.path, '/responses')
  return { body: encoded.body, losses: encoded.losses.map(({ field, severity }) => `${severity} ${field}`) }
}

test('responses request: writes what it read, with nothing stored and strictness said', () => {
  const { body, losses } = encode({
    instructions: 'Be brief.',
    input: 'Hi',
    tools: [{ type: 'function', name: 'f' }],
    reasoning: { effort: 'xhigh', context: 'all_turns' },
  })
  assert.deepEqual(body, {
    model: 'gpt-5.4',
    instructions: 'Be brief.',
    input: [{ type: 'message', role: 'user', content: 'Hi' }],
    store: false,
    include: ['reasoning.encrypted_content'],
    tools: [{ type: 'function', name: 'f', parameters: { type: 'object', properties: {} }, strict: false }],
    reasoning: { context: 'all_turns', effort: 'high' },
  })
  assert.deepEqual(losses, [])
})

const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' }

test('responses request: reasoning goes back to its vendor only, and only before what it led to', () => {
  const input = [
    { role: 'user', content: 'Hi' },
    reasoning,
    call,
    { type: 'function_call_output', call_id: 'c1', output: '3' },
    reasoning,
  ]
  const types = (target: EncodeTarget): unknown =>
    asArray(encode({ input }, target).body['input']).map((item) => asObject(item)['type'])
  assert.deepEqual(types(openai), ['message', 'reasoning', 'function_call', 'function_call_output'])
  assert.deepEqual(types(other), ['message', 'function_call', 'function_call_output'])
})

test('responses request: custom tools are functions where they are not known', () => {
  const body = {
    input: [{ type: 'custom_tool_call', call_id: 'c3', name: 'sql', input: 'SELECT 1' }],
    tools: [{ type: 'custom', name: 'sql' }],
  }
  assert.deepEqual(encode(body).body['tools'], [{ type: 'custom', name: 'sql' }])
  const emulated = encode(body, other).body
  assert.deepEqual(emulated['input'], [{ type: 'function_call', call_id: 'c3', name: 'sql', arguments: '{"input":"SELECT 1"}' }])
  assert.deepEqual(emulated['tools'], [
    {
      type: 'function',
      name: 'sql',
      parameters: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
      strict: false,
    },
  ])
})

const losing: readonly { name: string; body: Json; target: EncodeTarget; losses: readonly string[] }[] = [
  {
    name: 'effort at a model without',
    body: { input: 'x', reasoning: { effort: 'low' } },
    target: other,
    losses: ['drop reasoning.effort'],
  },
  {
    name: 'the only tool when it is foreign',
    body: { input: 'x', tools: [{ type: 'web_search' }] },
    target: other,
    losses: ['refuse tools[0].web_search'],
  },
  {
    name: 'a foreign tool beside others',
    body: { input: 'x', tools: [{ type: 'web_search' }, { type: 'function', name: 'f' }] },
    target: other,
    losses: ['drop tools[0].web_search'],
  },
  {
    name: 'state of another vendor',
    body: { input: 'x', previous_response_id: 'resp_1' },
    target: other,
    losses: ['refuse previous_response_id'],
  },
  {
    name: 'a file of another vendor',
    body: { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'f' }] }] },
    target: other,
    losses: ['refuse input.file'],
  },
  {
    name: 'sampling at a model without',
    body: { input: 'x', temperature: 1 },
    target: { ...openai, traits: { ...traits, sampling: 'none' } },
    losses: ['drop temperature'],
  },
  {
    name: 'a forced tool',
    body: { input: 'x', tools: [{ type: 'function', name: 'f' }], tool_choice: 'required' },
    target: { ...openai, traits: { ...traits, forcedTool: 'no' } },
    losses: ['drop tool_choice'],
  },
  { name: 'fields without a counterpart', body: { input: 'x', truncation: 'auto' }, target: other, losses: ['drop truncation'] },
]

for (const { name, body, target, losses } of losing) {
  test(`responses request: names ${name} as lost`, () => assert.deepEqual(encode(body, target).losses, losses))
}

test('responses request: parameters of other dialects are named', () => {
  const foreign: Request = {
    ...request({ input: 'x' }),
    dialect: 'openai-chat',
    params: { stop: ['a'], seed: 1, logitBias: { 1: 2 }, candidates: 2 },
  }
  const losses = openaiResponses.encodeRequest(foreign, openai).losses.map(({ field, severity }) => `${severity} ${field}`)
  assert.deepEqual(losses, ['drop seed', 'refuse logit_bias', 'refuse n'])
})

test('responses request: images in results follow in a message where results are text', () => {
  const input = [
    call,
    {
      type: 'function_call_output',
      call_id: 'c1',
      output: [
        { type: 'input_text', text: 'See' },
        { type: 'input_image', image_url: 'https://x.test/a.png' },
      ],
    },
  ]
  const image = { type: 'input_image', detail: 'auto', image_url: 'https://x.test/a.png' }
  assert.deepEqual(encode({ input }).body['input'], [
    call,
    { type: 'function_call_output', call_id: 'c1', output: [{ type: 'input_text', text: 'See' }, image] },
  ])
  assert.deepEqual(encode({ input }, other).body['input'], [
    call,
    { type: 'function_call_output', call_id: 'c1', output: 'See\n(1 attachment below)' },
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Attachments of the tool results above:' }, image] },
  ])
})

test('responses request: a Chat client’s search is OpenAI’s tool here, and nobody else’s', () => {
  const asking = {
    ...request({ input: 'x' }),
    dialect: 'openai-chat',
    ext: {
      web_search_options: {
        search_context_size: 'low',
        user_location: { type: 'approximate', approximate: { country: 'DE' } },
      },
    },
  } as const
  const own = openaiResponses.encodeRequest(asking, openai)
  assert.deepEqual(own.body['tools'], [
    { type: 'web_search', search_context_size: 'low', user_location: { type: 'approximate', country: 'DE' } },
  ])
  assert.deepEqual(own.losses, [])
  const foreign = openaiResponses.encodeRequest(asking, other)
  assert.equal(foreign.body['tools'], undefined)
  assert.deepEqual(
    foreign.losses.map(({ field, severity }) => `${severity} ${field}`),
    ['refuse web_search_options'],
  )
})
