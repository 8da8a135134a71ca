import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json, Message, Part, Request } from '#canonical/request.ts'
import { asArray, asObject } from '#lib/json.ts'
import { encodeRequest } from './encode-request.ts'
import { requestOf, targetOf } from './test-kit.ts'

const text = (value: string): Part => ({ kind: 'text', text: value })
const user = (...parts: readonly Part[]): Message => ({ role: 'user', parts })
const assistant = (...parts: readonly Part[]): Message => ({ role: 'assistant', parts })
const result = (callId: string, ...parts: readonly Part[]): Message => ({
  role: 'tool',
  parts: [{ kind: 'tool_result', callId, parts }],
})
const call = (id: string): Part => ({ kind: 'tool_call', id, name: 'f', args: '{"a":1}' })
const tool = { kind: 'function', name: 'f', description: 'Does it.', schema: { type: 'object', properties: {} } } as const
const png = 'iVBORw0KGgoAAAANSUhEUg=='
const pdf = Buffer.from('%PDF-1.7 x').toString('base64')

type Changes = Parameters<typeof targetOf>[0]

function bodyOf(request: Partial<Request>, changes: Changes = {}): Json {
  return encodeRequest(requestOf(request), targetOf(changes)).body
}

function lossesOf(request: Partial<Request>, changes: Changes = {}): readonly string[] {
  const { losses } = encodeRequest(requestOf(request), targetOf(changes))
  return losses.map(({ field, severity }) => field + (severity === 'refuse' ? '!' : ''))
}

const contents = (messages: readonly Message[], changes: Changes = {}): unknown => bodyOf({ messages }, changes)['messages']

test('converse: the model stands in the path, streams have their own', () => {
  assert.equal(encodeRequest(requestOf(), targetOf()).path, '/model/eu.model-v1%3A0/converse')
  assert.equal(encodeRequest(requestOf({ stream: true }), targetOf()).path, '/model/eu.model-v1%3A0/converse-stream')
  assert.deepEqual(bodyOf({}), { messages: [{ role: 'user', content: [{ text: 'Hello' }] }] })
})

test('converse: leading system text has a place of its own, later text is labelled', () => {
  const system: Message = { role: 'system', parts: [text('Be kind.')] }
  const body = bodyOf({ messages: [system, user(text('Hi')), { role: 'developer', parts: [text('Be brief.')] }] })
  assert.deepEqual(body['system'], [{ text: 'Be kind.' }])
  assert.deepEqual(body['messages'], [{ role: 'user', content: [{ text: 'Hi' }, { text: '<system>\nBe brief.\n</system>' }] }])
  assert.deepEqual(contents([system]), [{ role: 'user', content: [{ text: 'Be kind.' }] }])
})

test('converse: roles alternate, a user begins and ends, blank text is left out', () => {
  assert.deepEqual(contents([assistant(text('Hi')), user(text(' ')), user(text('a')), user(text('b'))]), [
    { role: 'user', content: [{ text: '.' }] },
    { role: 'assistant', content: [{ text: 'Hi' }] },
    { role: 'user', content: [{ text: 'a' }, { text: 'b' }] },
  ])
  const prefilled = [user(text('a')), assistant(text('Well, '))]
  assert.match(JSON.stringify(contents(prefilled)), /Continue exactly/)
  assert.deepEqual(lossesOf({ messages: prefilled }), ['messages'])
  assert.deepEqual(asArray(contents(prefilled, { traits: { prefill: true } }))[1], {
    role: 'assistant',
    content: [{ text: 'Well,' }],
  })
})

test('converse: calls and their results', () => {
  const messages = [
    user(text('go')),
    assistant(call('a'), text('Let me see.'), call('b/1')),
    result('a', text('one'), { kind: 'image', source: { kind: 'base64', data: png } }),
    result('b/1'),
    user(text('and?')),
  ]
  const [, turn, answers] = asArray(bodyOf({ messages, tools: [tool] })['messages']).map((each) =>
    asArray(asObject(each)['content']),
  )
  const other = asObject(asObject(turn?.[2])['toolUse'])['toolUseId']
  assert.match(String(other), /^call_\w{24}$/)
  assert.deepEqual(turn, [
    { text: 'Let me see.' },
    { toolUse: { toolUseId: 'a', name: 'f', input: { a: 1 } } },
    { toolUse: { toolUseId: other, name: 'f', input: { a: 1 } } },
  ])
  assert.deepEqual(answers, [
    { toolResult: { toolUseId: 'a', content: [{ text: 'one' }, { image: { format: 'png', source: { bytes: png } } }] } },
    { toolResult: { toolUseId: other, content: [{ text: '(no output)' }] } },
    { text: 'and?' },
  ])
})

test('converse: a result says that it is an error where it can, else its text does', () => {
  const messages = [
    user(text('go')),
    assistant(call('a')),
    { role: 'tool', parts: [{ kind: 'tool_result', callId: 'a', parts: [text('gone')], isError: true }] },
  ] as const
  const resultOf = (changes: Changes) => asArray(asObject(asArray(contents(messages, changes)).at(-1))['content'])[0]
  assert.deepEqual(resultOf({}), { toolResult: { toolUseId: 'a', content: [{ text: 'gone' }], status: 'error' } })
  assert.deepEqual(resultOf({ converse: {} }), {
    toolResult: { toolUseId: 'a', content: [{ text: 'The tool failed:' }, { text: 'gone' }] },
  })
})

test('converse: images that a result may not hold follow it', () => {
  const messages = [user(text('go')), assistant(call('a')), result('a', { kind: 'image', source: { kind: 'base64', data: png } })]
  const [last] = asArray(contents(messages, { traits: { imagesInToolResults: false } })).slice(-1)
  assert.deepEqual(asArray(asObject(last)['content']), [
    { toolResult: { toolUseId: 'a', content: [{ text: '(The images of this result follow below.)' }] } },
    { image: { format: 'png', source: { bytes: png } } },
  ])
})

const media: readonly {
  readonly name: string
  readonly part: Part
  readonly blocks?: readonly Json[]
  readonly lost?: string
}[] = [
  {
    name: 'a data URL is data, and its first bytes tell what it is',
    part: { kind: 'image', source: { kind: 'url', url: `data:image/gif;base64,${png}` } },
    blocks: [{ image: { format: 'png', source: { bytes: png } } }],
  },
  {
    name: 'S3 is read from',
    part: { kind: 'image', source: { kind: 'url', url: 's3://bucket/a.webp' }, mime: 'image/webp' },
    blocks: [{ image: { format: 'webp', source: { s3Location: { uri: 's3://bucket/a.webp' } } } }],
  },
  {
    name: 'no other address is',
    part: { kind: 'image', source: { kind: 'url', url: 'https://x/a.png' } },
    lost: 'messages.image!',
  },
  {
    name: 'a document has a name that is taken, and words beside it',
    part: { kind: 'file', source: { kind: 'base64', data: pdf }, name: 'My_report (v2).pdf', citations: true },
    blocks: [
      { text: 'See the document.' },
      { document: { format: 'pdf', name: 'My report (v2)', source: { bytes: pdf }, citations: { enabled: true } } },
    ],
  },
  {
    name: 'a document of text is text',
    part: { kind: 'file', source: { kind: 'text', text: 'lines' }, name: 'a.txt' },
    blocks: [{ text: 'a.txt:\nlines' }],
  },
  {
    name: 'a video that came as a file',
    part: { kind: 'file', source: { kind: 'base64', data: 'AAAA' }, mime: 'video/mp4' },
    blocks: [{ video: { format: 'mp4', source: { bytes: 'AAAA' } } }],
  },
  {
    name: 'audio',
    part: { kind: 'audio', source: { kind: 'base64', data: 'AAAA' }, mime: 'audio/wav' },
    blocks: [{ audio: { format: 'wav', source: { bytes: 'AAAA' } } }],
  },
  {
    name: 'a file that lies at another vendor',
    part: { kind: 'file', source: { kind: 'file', id: 'file-1', vendor: 'openai' } },
    lost: 'messages.file!',
  },
]

for (const { name, part, blocks = [], lost } of media) {
  test(`converse: ${name}`, () => {
    const messages = [user(part)]
    assert.deepEqual(lossesOf({ messages }), lost === undefined ? [] : [lost.replace('messages.', 'messages.')])
    assert.deepEqual(contents(messages), lost === undefined ? [{ role: 'user', content: blocks }] : [])
  })
}

test('converse: a model that hears and watches nothing cannot serve it', () => {
  const video: Part = { kind: 'file', source: { kind: 'base64', data: 'AAAA' }, mime: 'video/mp4' }
  const audio: Part = { kind: 'audio', source: { kind: 'base64', data: 'AAAA' }, mime: 'audio/wav' }
  assert.deepEqual(lossesOf({ messages: [user(video, audio)] }, { converse: {} }), ['messages.file!', 'messages.audio!'])
})

test('converse: two documents never have the same name', () => {
  const part: Part = { kind: 'file', source: { kind: 'base64', data: pdf }, name: 'a.pdf', citations: true }
  const [turn] = asArray(contents([user(text('Compare.'), part, part)]))
  const names = asArray(asObject(turn)['content']).map((block) => asObject(asObject(block)['document'])['name'])
  assert.deepEqual(names, [undefined, 'a', 'a (2)'])
})

test('converse: only what the model itself signed goes back, hidden thoughts as bytes', () => {
  const opaque = (vendor: string, kind: 'signature' | 'redacted') => [{ vendor, kind, data: 'abc' }] as const
  const messages = [
    user(text('go')),
    assistant(
      { kind: 'reasoning', text: 'mine', opaque: opaque('anthropic', 'signature') },
      { kind: 'reasoning', text: '', opaque: opaque('anthropic', 'redacted') },
      { kind: 'reasoning', text: 'theirs', opaque: opaque('gemini', 'signature') },
      { kind: 'reasoning', text: 'unsigned' },
      text('Well.'),
    ),
    user(text('and?')),
  ]
  assert.deepEqual(asObject(asArray(contents(messages))[1])['content'], [
    { reasoningContent: { reasoningText: { text: 'mine', signature: 'abc' } } },
    { reasoningContent: { redactedContent: Buffer.from('abc').toString('base64') } },
    { text: 'Well.' },
  ])
})

test('converse: limits and sampling, and what the model’s own fields say', () => {
  const params = { maxOutput: 50, temperature: 1.7, topP: 0.5, topK: 7, stop: ['END', ' '], seed: 1, presencePenalty: 1 }
  assert.deepEqual(bodyOf({ params }), {
    messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
    inferenceConfig: { maxTokens: 50, temperature: 1, topP: 0.5, stopSequences: ['END'] },
    additionalModelRequestFields: { top_k: 7 },
    additionalModelResponseFieldPaths: ['/stop_sequence'],
  })
  assert.deepEqual(lossesOf({ params }), ['presence_penalty', 'seed'])
  assert.deepEqual(encodeRequest(requestOf({ params }), targetOf()).cutAt, [' '])
  assert.deepEqual(bodyOf({ params: { topK: 7 } }, { converse: { modelFields: 'nova' } })['additionalModelRequestFields'], {
    inferenceConfig: { topK: 7 },
  })
  assert.deepEqual(lossesOf({ params: { topK: 7 } }, { converse: {} }), ['top_k'])
})

test('converse: reasoning as the model’s own API spells it', () => {
  const fields = (reasoning: NonNullable<Request['reasoning']>, changes: Changes) =>
    bodyOf({ reasoning, params: { temperature: 0.5 } }, changes)
  const budget = fields(
    { budgetTokens: 2000 },
    { traits: { reasoning: { kind: 'budget', min: 1024, max: 32_000 }, maxOutput: 64_000 } },
  )
  assert.deepEqual(budget['additionalModelRequestFields'], { thinking: { type: 'enabled', budget_tokens: 2000 } })
  assert.deepEqual(budget['inferenceConfig'], { maxTokens: 64_000 })
  const adaptive = { traits: { reasoning: { kind: 'adaptive', efforts: ['low', 'high'], off: 'disabled' } } } as const
  assert.deepEqual(fields({ effort: 'high' }, adaptive)['additionalModelRequestFields'], {
    thinking: { type: 'adaptive' },
    output_config: { effort: 'high' },
  })
  const byEffort = { reasoning: { kind: 'effort', efforts: ['none', 'low', 'high'] } } as const
  const nova = { converse: { modelFields: 'nova' }, traits: byEffort } as const
  assert.deepEqual(fields({ effort: 'high' }, nova)['additionalModelRequestFields'], {
    reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' },
  })
  assert.deepEqual(fields({ effort: 'none' }, nova)['additionalModelRequestFields'], { reasoningConfig: { type: 'disabled' } })
  const plain = fields({ effort: 'low' }, { converse: { modelFields: 'reasoning_effort' }, traits: byEffort })
  assert.deepEqual(plain['additionalModelRequestFields'], { reasoning_effort: 'low' })
  assert.deepEqual(plain['inferenceConfig'], { temperature: 0.5 })
})

test('converse: tools and the choice among them', () => {
  const spec = { toolSpec: { name: 'f', description: 'Does it.', inputSchema: { json: tool.schema } } }
  const g = { ...tool, name: 'g' }
  const configOf = (request: Partial<Request>, changes: Changes = {}) =>
    bodyOf({ tools: [tool, g], ...request }, changes)['toolConfig']
  assert.deepEqual(asArray(asObject(configOf({}))['tools'])[0], spec)
  assert.deepEqual(asObject(configOf({ toolChoice: { mode: 'auto' } }))['toolChoice'], { auto: {} })
  assert.deepEqual(asObject(configOf({ toolChoice: { mode: 'required' } }))['toolChoice'], { any: {} })
  assert.deepEqual(asObject(configOf({ toolChoice: { mode: 'one', names: ['g'] } }))['toolChoice'], { tool: { name: 'g' } })
  const one: Partial<Request> = { toolChoice: { mode: 'one', names: ['f'] } }
  assert.deepEqual(configOf(one, { converse: {} }), { tools: [spec], toolChoice: { any: {} } })
  assert.deepEqual(configOf(one, { traits: { forcedTool: 'no' } }), { tools: [spec], toolChoice: { auto: {} } })
  assert.equal(configOf({ toolChoice: { mode: 'none' } }), undefined)
})

test('converse: calls in the history need their tools declared', () => {
  const messages = [user(text('go')), assistant(call('a')), result('a', text('x'))]
  const stub = { name: 'f', description: 'Not available any more.', inputSchema: { json: { type: 'object', properties: {} } } }
  assert.deepEqual(bodyOf({ messages })['toolConfig'], { tools: [{ toolSpec: stub }] })
  const none: Partial<Request> = { messages, tools: [tool], toolChoice: { mode: 'none' } }
  assert.equal(asArray(asObject(bodyOf(none)['toolConfig'])['tools']).length, 1)
  assert.deepEqual(lossesOf(none), ['tool_choice'])
})

test('converse: names, free text, strict schemas and tools that run elsewhere', () => {
  const tools: Request['tools'] = [
    {
      kind: 'function',
      name: 'a.b',
      schema: { type: 'object', properties: { x: { type: 'string' } }, required: ['x'] },
      strict: true,
    },
    { kind: 'custom', name: 'shell' },
    { kind: 'builtin', type: 'web_search', vendor: 'openai', raw: {} },
  ]
  const encoded = encodeRequest(requestOf({ tools }), targetOf())
  const specs = asArray(asObject(encoded.body['toolConfig'])['tools']).map((each) => asObject(asObject(each)['toolSpec']))
  assert.equal(encoded.names?.get(String(specs[0]?.['name'])), 'a.b')
  assert.equal(specs[0]?.['strict'], true)
  assert.deepEqual(asObject(specs[1]?.['inputSchema'])['json'], {
    type: 'object',
    properties: { input: { type: 'string' } },
    required: ['input'],
  })
  assert.deepEqual(
    encoded.losses.map(({ field, severity }) => [field, severity]),
    [['tools[2].web_search', 'drop']],
  )
})

test('converse: cache points stand behind what is kept, four at most, where the model takes them', () => {
  const hinted = (value: string, ttl?: string): Part => ({
    kind: 'text',
    text: value,
    cacheHint: ttl === undefined ? {} : { ttl },
  })
  const request: Partial<Request> = {
    messages: [{ role: 'system', parts: [hinted('s', '1h')] }, user(hinted('1'), hinted('2'), hinted('3'), hinted('4', '1h'))],
    tools: [{ ...tool, cacheHint: {} }],
  }
  const point = { cachePoint: { type: 'default' } }
  const body = bodyOf(request)
  assert.deepEqual(asArray(asObject(body['toolConfig'])['tools'])[1], point)
  assert.deepEqual(body['system'], [{ text: 's' }])
  assert.deepEqual(body['messages'], [
    { role: 'user', content: [{ text: '1' }, { text: '2' }, point, { text: '3' }, point, { text: '4' }, point] },
  ])
  const nova = bodyOf(request, { converse: { cachePoints: ['system'] } })
  assert.deepEqual(nova['system'], [{ text: 's' }, { cachePoint: { type: 'default', ttl: '1h' } }])
  assert.doesNotMatch(JSON.stringify([nova['messages'], nova['toolConfig']]), /cachePoint/)
  assert.deepEqual(contents([user(text('a'))], {}), [{ role: 'user', content: [{ text: 'a' }] }])
  assert.deepEqual(bodyOf({ cache: { auto: true } })['messages'], [{ role: 'user', content: [{ text: 'Hello' }, point] }])
})

test('converse: a schema for the answer goes natively or in words', () => {
  const schema = { type: 'object', properties: { x: { type: 'string' } }, required: ['x'], additionalProperties: false }
  const output: Request['output'] = { format: 'json_schema', schema: { name: 'answer', schema } }
  const native = asObject(
    asObject(asObject(asObject(bodyOf({ output })['outputConfig'])['textFormat'])['structure'])['jsonSchema'],
  )
  assert.equal(native['name'], 'answer')
  assert.deepEqual(JSON.parse(String(native['schema'])), schema)
  const worded = bodyOf({ output }, { traits: { jsonSchema: false } })
  assert.equal(worded['outputConfig'], undefined)
  assert.match(JSON.stringify(worded['system']), /conforms to this JSON Schema/)
  assert.deepEqual(lossesOf({ output }, { traits: { jsonSchema: false } }), ['response_format'])
})

test('converse: tiers and labels', () => {
  const body = bodyOf({ tier: 'flex', metadata: { team: 'a b', bad: 'x\u0000' } })
  assert.deepEqual(body['serviceTier'], { type: 'flex' })
  assert.deepEqual(body['requestMetadata'], { team: 'a b' })
  assert.equal(bodyOf({ tier: 'auto' })['serviceTier'], undefined)
  assert.deepEqual(lossesOf({ tier: 'scale', metadata: { bad: 'x\u0000' } }), ['service_tier', 'metadata'])
})

test('converse: without what it has no word for, another answer would come', () => {
  const params = { candidates: 2, logitBias: { '1': 1 }, logprobs: { top: 1 } }
  assert.deepEqual(lossesOf({ params, endUser: 'u', ext: { grammar: 'x', other: 1 } }), [
    'user',
    'grammar!',
    'other',
    'n!',
    'logit_bias!',
    'logprobs!',
  ])
})
