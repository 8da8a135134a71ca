import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Part, Request } from '#canonical/request.ts'
import { isObject } from '#lib/json.ts'
import { decodeRequest } from './decode-request.ts'
import { callOf, requestOf } from './test-kit.ts'

const partsOf = (message: unknown, before: readonly unknown[] = []): readonly Part[] =>
  requestOf({ messages: [...before, message] }).messages.at(-1)?.parts ?? []

const user = (...content: unknown[]): unknown => ({ role: 'user', content })
const assistant = (fields: object): unknown => ({ role: 'assistant', content: null, ...fields })

const parts: readonly { name: string; message: unknown; parts: readonly Part[] }[] = [
  { name: 'a string', message: { role: 'user', content: 'hi' }, parts: [{ kind: 'text', text: 'hi' }] },
  { name: 'a text part', message: user({ type: 'text', text: 'hi' }), parts: [{ kind: 'text', text: 'hi' }] },
  {
    name: 'a cache hint',
    message: user({ type: 'text', text: 'hi', cache_control: { type: 'ephemeral', ttl: '1h' } }),
    parts: [{ kind: 'text', text: 'hi', cacheHint: { ttl: '1h' } }],
  },
  {
    name: 'an image by its address',
    message: user({ type: 'image_url', image_url: { url: 'https://a/b.png', detail: 'low' } }),
    parts: [{ kind: 'image', source: { kind: 'url', url: 'https://a/b.png' }, detail: 'low' }],
  },
  {
    name: 'an image as data',
    message: user({ type: 'image_url', image_url: 'data:image/png;base64,AAAA' }),
    parts: [{ kind: 'image', source: { kind: 'base64', data: 'AAAA' }, mime: 'image/png' }],
  },
  {
    name: 'audio',
    message: user({ type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } }),
    parts: [{ kind: 'audio', source: { kind: 'base64', data: 'AAAA' }, mime: 'audio/mpeg' }],
  },
  {
    name: "Mistral's audio",
    message: user({ type: 'input_audio', input_audio: 'AAAA' }),
    parts: [{ kind: 'audio', source: { kind: 'base64', data: 'AAAA' }, mime: 'audio/wav' }],
  },
  {
    name: 'a file by its id',
    message: user({ type: 'file', file: { file_id: 'file-1' } }),
    parts: [{ kind: 'file', source: { kind: 'file', id: 'file-1', vendor: 'openai' } }],
  },
  {
    name: 'a file as plain base64',
    message: user({ type: 'file', file: { file_data: 'AAAA', filename: 'a.pdf' } }),
    parts: [{ kind: 'file', source: { kind: 'base64', data: 'AAAA' }, mime: 'application/pdf', name: 'a.pdf' }],
  },
  {
    name: "Mistral's document",
    message: user({ type: 'document_url', document_url: 'https://a/b.pdf' }),
    parts: [{ kind: 'file', source: { kind: 'url', url: 'https://a/b.pdf' }, mime: 'application/pdf' }],
  },
  {
    name: 'a refusal beside the content',
    message: assistant({ refusal: 'no' }),
    parts: [{ kind: 'refusal', text: 'no' }],
  },
  {
    name: 'a call with the signature of Gemini',
    message: assistant({
      tool_calls: [
        {
          id: 'c1',
          type: 'function',
          function: { name: 'f', arguments: '' },
          extra_content: { google: { thought_signature: 'sig' } },
        },
      ],
    }),
    parts: [
      {
        kind: 'tool_call',
        id: 'c1',
        name: 'f',
        args: '{}',
        opaque: [{ vendor: 'gemini', kind: 'signature', data: 'sig' }],
      },
    ],
  },
  {
    name: 'a custom call',
    message: assistant({ tool_calls: [{ id: 'c1', type: 'custom', custom: { name: 'f', input: 'free' } }] }),
    parts: [{ kind: 'tool_call', id: 'c1', name: 'f', args: 'free', custom: true }],
  },
  {
    name: 'reasoning with the details of OpenRouter',
    message: assistant({ content: 'hi', reasoning: 'hm', reasoning_details: [{ type: 'reasoning.text', signature: 's' }] }),
    parts: [
      {
        kind: 'reasoning',
        text: 'hm',
        opaque: [{ vendor: 'openrouter', kind: 'details', data: { type: 'reasoning.text', signature: 's' } }],
      },
      { kind: 'text', text: 'hi' },
    ],
  },
  {
    name: 'earlier audio',
    message: assistant({ audio: { id: 'audio_1' } }),
    parts: [{ kind: 'audio', source: { kind: 'file', id: 'audio_1', vendor: 'openai' } }],
  },
]

for (const { name, message, parts: expected } of parts) {
  test(`chat request: reads ${name}`, () => assert.deepEqual(partsOf(message), expected))
}

test('chat request: a result gets the name of the function that was called', () => {
  const called = assistant({ tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }] })
  assert.deepEqual(partsOf({ role: 'tool', tool_call_id: 'c1', content: '42' }, [called]), [
    { kind: 'tool_result', callId: 'c1', name: 'f', parts: [{ kind: 'text', text: '42' }] },
  ])
})

test('chat request: calls of the form before tools get ids that their results share and that are never used twice', () => {
  const turn = [assistant({ function_call: { name: 'f', arguments: '{}' } }), { role: 'function', name: 'f', content: '1' }]
  const found = requestOf({ messages: [...turn, ...turn] }).messages.flatMap((message) => message.parts)
  const ids = found.map((part) => (part.kind === 'tool_call' ? part.id : part.kind === 'tool_result' ? part.callId : ''))
  assert.equal(ids[0], ids[1])
  assert.equal(ids[2], ids[3])
  assert.notEqual(ids[0], ids[2])
})

const fields: readonly { name: string; body: Record<string, unknown>; read: (request: Request) => unknown; value: unknown }[] = [
  {
    name: 'the new limit before the old',
    body: { max_tokens: 1, max_completion_tokens: 2 },
    read: (r) => r.params.maxOutput,
    value: 2,
  },
  { name: 'one stop sequence', body: { stop: 'END' }, read: (r) => r.params.stop, value: ['END'] },
  { name: 'logprobs', body: { logprobs: true, top_logprobs: 3 }, read: (r) => r.params.logprobs, value: { top: 3 } },
  { name: 'null as left out', body: { temperature: null, n: null, tools: null }, read: (r) => r.params, value: {} },
  { name: 'an effort', body: { reasoning_effort: 'high' }, read: (r) => r.reasoning, value: { effort: 'high' } },
  { name: "Groq's default effort", body: { reasoning_effort: 'default' }, read: (r) => r.reasoning, value: undefined },
  { name: "DeepSeek's switch", body: { thinking: { type: 'disabled' } }, read: (r) => r.reasoning, value: { effort: 'none' } },
  {
    name: "Qwen's switch",
    body: { enable_thinking: true, thinking_budget: 9 },
    read: (r) => r.reasoning,
    value: { budgetTokens: 9 },
  },
  {
    name: "OpenRouter's reasoning",
    body: { reasoning: { max_tokens: 9, exclude: true } },
    read: (r) => r.reasoning,
    value: { budgetTokens: 9, visible: 'none' },
  },
  {
    name: 'the safety identifier before the user',
    body: { user: 'a', safety_identifier: 'b' },
    read: (r) => r.endUser,
    value: 'b',
  },
  { name: 'unknown fields', body: { store: true, prediction: null, x: [1] }, read: (r) => r.ext, value: { store: true, x: [1] } },
  {
    name: 'a subset of tools',
    body: {
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'f' } }] },
      },
    },
    read: (r) => r.toolChoice,
    value: { mode: 'required', names: ['f'] },
  },
  {
    name: 'functions of the form before tools',
    body: { functions: [{ name: 'f' }], function_call: { name: 'f' } },
    read: (r) => [r.tools, r.toolChoice, r.parallelTools],
    value: [[{ kind: 'function', name: 'f' }], { mode: 'one', names: ['f'] }, false],
  },
  {
    name: 'a JSON schema',
    body: { response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' }, strict: true } } },
    read: (r) => r.output,
    value: { format: 'json_schema', schema: { name: 'n', schema: { type: 'object' }, strict: true } },
  },
  {
    name: 'whether usage is wanted',
    body: { stream: true, stream_options: { include_usage: true } },
    read: (r) => r.includeUsage,
    value: true,
  },
]

for (const { name, body, read, value } of fields) {
  test(`chat request: reads ${name}`, () => assert.deepEqual(read(requestOf(body)), value))
}

const faults: readonly { body: Record<string, unknown>; param: string; message: RegExp }[] = [
  { body: { model: 7 }, param: 'model', message: /must be a string/ },
  { body: { messages: 'hi' }, param: 'messages', message: /must be an array/ },
  { body: { messages: [] }, param: 'messages', message: /at least one/ },
  {
    body: { messages: [{ role: 'user', content: 5 }] },
    param: 'messages[0].content',
    message: /^messages\[0\]\.content must be a string or an array$/,
  },
  { body: { messages: [{ role: 'bot', content: '' }] }, param: 'messages[0].role', message: /must be system, developer/ },
  { body: { messages: [{ role: 'tool', content: '' }] }, param: 'messages[0].tool_call_id', message: /must be a string/ },
  { body: { messages: [user({ type: 'hologram' })] }, param: 'messages[0].content[0].type', message: /"hologram" is not known/ },
  { body: { tools: [{ type: 'function' }] }, param: 'tools[0].function', message: /must be an object/ },
  { body: { max_tokens: 1.5 }, param: 'max_tokens', message: /must be an integer/ },
  { body: { tool_choice: 'maybe' }, param: 'tool_choice', message: /must be auto/ },
]

for (const { body, param, message } of faults) {
  test(`chat request: says what is wrong with ${param}`, () => {
    const decoded = decodeRequest(callOf({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...body }))
    assert.equal(decoded.ok, false)
    assert.equal(decoded.error.kind, 'invalid_request')
    assert.equal(decoded.error.param, param)
    assert.match(decoded.error.message, message)
  })
}

test('chat request: no JSON value makes the reader throw', () => {
  const names = [
    'messages',
    'tools',
    'tool_choice',
    'functions',
    'function_call',
    'response_format',
    'reasoning',
    'stop',
    'metadata',
    'n',
  ]
  const message = fc.record(
    {
      role: fc.constantFrom('user', 'assistant', 'tool', 'function', 'system'),
      content: fc.jsonValue(),
      tool_calls: fc.jsonValue(),
      reasoning_details: fc.jsonValue(),
      name: fc.jsonValue(),
    },
    { requiredKeys: ['role'] },
  )
  const body = fc.tuple(fc.constantFrom(...names), fc.jsonValue(), fc.array(message, { maxLength: 3 }))
  fc.assert(
    fc.property(body, ([name, value, messages]) => {
      const decoded = decodeRequest(callOf({ model: 'm', messages, [name]: value }))
      assert.ok(decoded.ok ? isObject(decoded.value.ext) : decoded.error.kind === 'invalid_request')
    }),
    { numRuns: 300 },
  )
})

test('decodeRequest: a list of models alone names the model, as OpenRouter has it', () => {
  const messages = [{ role: 'user', content: 'hi' }]
  const decoded = decodeRequest(callOf({ models: ['first', 'second'], messages }))
  assert.equal(decoded.ok && decoded.value.model, 'first')
  assert.equal(decodeRequest(callOf({ models: [], messages })).ok, false)
})
