import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json, Message, Part, Request } from '#canonical/request.ts'
import { asArray, asObject } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'
import type { ModelTraits, Quirks } from '../quirks.ts'
import { encodeRequest } from './encode-request.ts'

const base: Request = {
  dialect: 'openai-chat',
  model: 'smart',
  stream: false,
  messages: [{ role: 'user', parts: [{ kind: 'text', text: 'hello' }] }],
  tools: [],
  params: {},
  output: { format: 'text' },
  ext: {},
  raw: {},
}
const traits: ModelTraits = {
  sampling: 'all',
  reasoning: { kind: 'level', levels: ['minimal', 'low', 'medium', 'high'] },
  forcedTool: 'yes',
  prefill: false,
  lateSystem: false,
  imagesInToolResults: true,
  jsonSchema: true,
}

type Change = { readonly request?: Partial<Request>; readonly traits?: Partial<ModelTraits>; readonly quirks?: Partial<Quirks> }

function encode(change: Change): { readonly path: string; readonly body: Json; readonly losses: readonly string[] } {
  const target: EncodeTarget = {
    model: 'gemini-3',
    quirks: { vendor: 'gemini', ...change.quirks },
    traits: { ...traits, ...change.traits },
  }
  const { path, body, losses } = encodeRequest({ ...base, ...change.request }, target)
  return { path, body, losses: losses.map(({ severity, field }) => `${severity} ${field}`) }
}

function contentsOf(messages: readonly Message[], change: Change = {}): readonly Json[] {
  return asArray(encode({ ...change, request: { messages } }).body['contents']).map(asObject)
}

const user = (...parts: readonly Part[]): Message => ({ role: 'user', parts })
const model = (...parts: readonly Part[]): Message => ({ role: 'assistant', parts })
const text = (value: string): Part => ({ kind: 'text', text: value })
const call = (id: string, name: string, more: Partial<Extract<Part, { kind: 'tool_call' }>> = {}): Part => ({
  kind: 'tool_call',
  id,
  name,
  args: '{}',
  ...more,
})
const result = (callId: string, ...parts: readonly Part[]): Part => ({ kind: 'tool_result', callId, parts })
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAUA'

test('the path names the model and the method', () => {
  assert.equal(encode({}).path, '/v1beta/models/gemini-3:generateContent')
  assert.equal(encode({ request: { stream: true } }).path, '/v1beta/models/gemini-3:streamGenerateContent?alt=sse')
})

test('system text: leading runs have their place, later ones stay where they are', () => {
  const { body } = encode({
    request: {
      messages: [
        { role: 'system', parts: [text('a')] },
        { role: 'developer', parts: [text('b')] },
        user(text('hello')),
        { role: 'system', parts: [text('c')] },
        user(text('more')),
      ],
    },
  })
  assert.deepEqual(body['systemInstruction'], { parts: [{ text: 'a' }, { text: 'b' }] })
  assert.deepEqual(body['contents'], [
    { role: 'user', parts: [{ text: 'hello' }, { text: '<system>\nc\n</system>' }, { text: 'more' }] },
  ])
  assert.deepEqual(contentsOf([{ role: 'system', parts: [text('a')] }]), [{ role: 'user', parts: [{ text: 'a' }] }])
})

test('results: names of their calls, first in the turn, in the order of the calls', () => {
  const contents = contentsOf([
    user(text('go')),
    model(text('well'), call('1', 'a'), call('2', 'b')),
    { role: 'tool', parts: [result('2', text('two'))] },
    { role: 'tool', parts: [result('1', text('{"n":1}'))] },
    user(text('and?')),
  ])
  assert.deepEqual(contents[2], {
    role: 'user',
    parts: [
      { functionResponse: { id: '1', name: 'a', response: { n: 1 } } },
      { functionResponse: { id: '2', name: 'b', response: { output: 'two' } } },
      { text: 'and?' },
    ],
  })
})

test('results: errors, references, nothing, and media inside or behind', () => {
  const responses = (parts: readonly Part[], change: Change, isError?: true): unknown =>
    contentsOf(
      [
        user(text('go')),
        model(call('1', 'a')),
        { role: 'tool', parts: [{ ...result('1', ...parts), ...(isError && { isError }) }] },
      ],
      change,
    )[2]?.['parts']
  const image: Part = { kind: 'image', source: { kind: 'base64', data: png }, mime: 'image/jpeg' }
  const written = { inlineData: { mimeType: 'image/png', data: png } }
  const head = { id: '1', name: 'a' }
  assert.deepEqual(responses([text('bad')], {}, true), [{ functionResponse: { ...head, response: { error: 'bad' } } }])
  assert.deepEqual(responses([text('{"$ref":1}')], {}), [{ functionResponse: { ...head, response: { output: '{"$ref":1}' } } }])
  assert.deepEqual(responses([], {}), [{ functionResponse: { ...head, response: {} } }])
  assert.deepEqual(responses([text('see'), image], {}), [
    { functionResponse: { ...head, response: { output: 'see' }, parts: [written] } },
  ])
  assert.deepEqual(responses([image], { traits: { imagesInToolResults: false } }), [
    { functionResponse: { ...head, response: { output: '(The media of this result follow below.)' } } },
    written,
  ])
  assert.deepEqual(responses([text('x')], { quirks: { gemini: { noCallIds: true } } }), [
    { functionResponse: { name: 'a', response: { output: 'x' } } },
  ])
})

test('signatures go back on their parts to their vendor; Gemini 3 gets a sentinel on the first call of a step', () => {
  const sig = (vendor: string): Pick<Part, 'opaque'> => ({ opaque: [{ vendor, kind: 'signature', data: 'sig' }] })
  const functionCall = (id: string): Json => ({ id, name: 'a', args: {} })
  const conversation = (...parts: readonly Part[]): readonly Message[] => [
    user(text('go')),
    model(...parts),
    user(result('1', text('x')), result('2', text('x'))),
  ]
  const sentinel = { thoughtSignature: 'skip_thought_signature_validator' }
  assert.deepEqual(contentsOf(conversation(call('1', 'a', sig('gemini')), call('2', 'a')))[1]?.['parts'], [
    { functionCall: functionCall('1'), thoughtSignature: 'sig' },
    { functionCall: functionCall('2') },
  ])
  assert.deepEqual(contentsOf(conversation(call('1', 'a', sig('openai')), call('2', 'a')))[1]?.['parts'], [
    { functionCall: functionCall('1'), ...sentinel },
    { functionCall: functionCall('2') },
  ])
  assert.deepEqual(contentsOf(conversation(call('1', 'a')), { traits: { reasoning: { kind: 'none' } } })[1]?.['parts'], [
    { functionCall: functionCall('1') },
  ])
  const thoughts: readonly Part[] = [
    { kind: 'reasoning', text: 'own', ...sig('gemini') },
    { kind: 'reasoning', text: 'foreign', ...sig('anthropic') },
    { kind: 'reasoning', text: 'unsigned' },
    { kind: 'reasoning', text: '', ...sig('gemini') },
    text(''),
  ]
  assert.deepEqual(contentsOf([user(text('go')), model(...thoughts), user(text('on'))])[1]?.['parts'], [
    { text: 'own', thought: true, thoughtSignature: 'sig' },
    { text: '', thoughtSignature: 'sig' },
  ])
})

test('a last message of the model is continued in words; a call never comes first', () => {
  const { body, losses } = encode({ request: { messages: [user(text('go')), model(text('Once'))] } })
  assert.equal(asArray(body['contents']).length, 3)
  assert.deepEqual(losses, ['drop messages'])
  assert.deepEqual(contentsOf([model(call('1', 'a')), user(result('1', text('x')))])[0], { role: 'user', parts: [{ text: '.' }] })
})

test('media', () => {
  for (const [part, written, lost] of [
    [
      { kind: 'image', source: { kind: 'url', url: 'https://a.b/c.png?x=1' } },
      { fileData: { fileUri: 'https://a.b/c.png?x=1', mimeType: 'image/png' } },
    ],
    [
      { kind: 'image', source: { kind: 'url', url: 'https://a.b/c' } },
      { fileData: { fileUri: 'https://a.b/c', mimeType: 'image/jpeg' } },
    ],
    [
      { kind: 'image', source: { kind: 'url', url: `data:image/png;base64,${png}` } },
      { inlineData: { mimeType: 'image/png', data: png } },
    ],
    [
      { kind: 'audio', mime: 'audio/wav', source: { kind: 'base64', data: 'aaaa' } },
      { inlineData: { mimeType: 'audio/wav', data: 'aaaa' } },
    ],
    [
      { kind: 'file', name: 'a.csv', source: { kind: 'base64', data: 'aaaa' } },
      { inlineData: { mimeType: 'text/csv', data: 'aaaa' } },
    ],
    [{ kind: 'file', title: 'T', source: { kind: 'text', text: 'body' } }, { text: 'T:\nbody' }],
    [{ kind: 'file', source: { kind: 'file', id: 'files/1', vendor: 'gemini' } }, { fileData: { fileUri: 'files/1' } }],
    [{ kind: 'file', source: { kind: 'file', id: 'file-1', vendor: 'openai' } }, undefined, 'refuse messages.file'],
  ] as const) {
    const { body, losses } = encode({ request: { messages: [user(text('see'), part)] } })
    const parts = asArray(asObject(asArray(body['contents'])[0])['parts'])
    assert.deepEqual(parts[1], written)
    assert.deepEqual(losses, lost === undefined ? [] : [lost])
  }
})

test('tools: functions in one entry, own built-in tools, foreign ones named', () => {
  const f = { kind: 'function', name: 'f', schema: { type: 'object', properties: { a: { type: 'string' } } } } as const
  const own = { kind: 'builtin', type: 'googleSearch', vendor: 'gemini', raw: { googleSearch: {} } } as const
  const foreign = { kind: 'builtin', type: 'web_search', vendor: 'openai', raw: { type: 'web_search' } } as const
  const declared = { functionDeclarations: [{ name: 'f', parametersJsonSchema: f.schema }] }
  for (const [request, tools, choice, losses] of [
    [{ tools: [f, own] }, [declared, { googleSearch: {} }], undefined, []],
    [{ tools: [f, foreign] }, [declared], undefined, ['drop tools[1].web_search']],
    [{ tools: [foreign] }, undefined, undefined, ['refuse tools[0].web_search']],
    [
      { tools: [f, foreign], toolChoice: { mode: 'one', names: ['web_search'] } },
      [declared],
      { mode: 'ANY', allowedFunctionNames: ['web_search'] },
      ['refuse tools[1].web_search'],
    ],
    [{ tools: [f, own], toolChoice: { mode: 'none' } }, [declared], { mode: 'NONE' }, []],
    [{ tools: [f], toolChoice: { mode: 'required' } }, [declared], { mode: 'ANY' }, []],
    [{ tools: [f], toolChoice: { mode: 'one', names: ['f'] } }, [declared], { mode: 'ANY', allowedFunctionNames: ['f'] }, []],
    [{ tools: [f, { ...f, name: 'g' }], toolChoice: { mode: 'auto', names: ['f'] } }, [declared], { mode: 'AUTO' }, []],
    [
      { tools: [{ kind: 'function', name: 'f', schema: { type: 'object', properties: {} } }] },
      [{ functionDeclarations: [{ name: 'f' }] }],
      undefined,
      [],
    ],
    [{ tools: [], toolChoice: { mode: 'auto' } }, undefined, undefined, []],
    [{ tools: [f], parallelTools: false }, [declared], undefined, ['drop parallel_tool_calls']],
  ] as const) {
    const encoded = encode({ request })
    assert.deepEqual(encoded.body['tools'], tools)
    assert.deepEqual(asObject(encoded.body['toolConfig'])['functionCallingConfig'], choice)
    assert.deepEqual(encoded.losses, losses)
  }
})

test('names that Gemini refuses are changed and given back', () => {
  const request: Request = {
    ...base,
    tools: [
      { kind: 'function', name: '1 bad/name' },
      { kind: 'custom', name: 'a.b:c-d' },
    ],
  }
  const { body, names } = encodeRequest(request, { model: 'm', quirks: { vendor: 'gemini' }, traits })
  const written = asArray(asObject(asArray(body['tools'])[0])['functionDeclarations']).map((entry) => asObject(entry)['name'])
  assert.match(String(written[0]), /^_[a-zA-Z0-9_]+$/)
  assert.equal(names?.get(String(written[0])), '1 bad/name')
  assert.equal(written[1], 'a.b:c-d')
})

test('limits, sampling, format and thinking', () => {
  const budget = { kind: 'budget', min: 128, max: 32_768 } as const
  const schema = { type: 'object' }
  for (const [change, config, losses] of [
    [
      {
        request: {
          params: {
            maxOutput: 9,
            stop: ['a'],
            candidates: 2,
            temperature: 3,
            topP: 0.5,
            topK: 4,
            seed: 7,
            presencePenalty: 1,
            logprobs: { top: 2 },
          },
        },
      },
      {
        maxOutputTokens: 9,
        stopSequences: ['a'],
        candidateCount: 2,
        temperature: 2,
        topP: 0.5,
        topK: 4,
        seed: 7,
        presencePenalty: 1,
        responseLogprobs: true,
        logprobs: 2,
      },
      [],
    ],
    [{ request: { params: { maxOutput: 99 } }, traits: { maxOutput: 50 } }, { maxOutputTokens: 50 }, ['drop max_tokens']],
    [{ request: { params: { stop: ['1', '2', '3', '4', '5', '6'] } } }, { stopSequences: ['1', '2', '3', '4', '5'] }, []],
    [{ request: { params: { temperature: 1 } }, traits: { sampling: 'none' } }, undefined, ['drop temperature']],
    [{ request: { params: { logitBias: { 1: 1 }, minP: 1 } } }, undefined, ['drop min_p', 'refuse logit_bias']],
    [{ request: { output: { format: 'json' } } }, { responseMimeType: 'application/json' }, []],
    [
      { request: { output: { format: 'json_schema', schema: { schema }, modalities: ['text'] } } },
      { responseModalities: ['TEXT'], responseMimeType: 'application/json', responseJsonSchema: schema },
      [],
    ],
    [
      { request: { reasoning: { effort: 'high', visible: 'summary' } } },
      { thinkingConfig: { thinkingLevel: 'HIGH', includeThoughts: true } },
      [],
    ],
    [{ request: { reasoning: { effort: 'none' } } }, { thinkingConfig: { thinkingLevel: 'MINIMAL' } }, ['drop reasoning_effort']],
    [
      { request: { reasoning: { visible: 'full' } }, traits: { reasoning: budget } },
      { thinkingConfig: { includeThoughts: true } },
      [],
    ],
    [
      { request: { reasoning: { effort: 'none' } }, traits: { reasoning: budget } },
      { thinkingConfig: { thinkingBudget: 128 } },
      [],
    ],
    [
      { request: { reasoning: { budgetTokens: -1 } }, traits: { reasoning: budget } },
      { thinkingConfig: { thinkingBudget: -1 } },
      [],
    ],
    [
      { request: { params: { presencePenalty: 1, seed: 1 } }, quirks: { rejects: ['presencePenalty'] } },
      { seed: 1 },
      ['drop presencePenalty'],
    ],
  ] as const) {
    const encoded = encode(change)
    assert.deepEqual(encoded.body['generationConfig'], config)
    assert.deepEqual(encoded.losses, losses)
  }
})

test('fields that only Gemini has come from its own clients only', () => {
  const ext = {
    safetySettings: [{}],
    'generationConfig.mediaResolution': 'LOW',
    'toolConfig.retrievalConfig': { a: 1 },
    'contents[0].parts[0].videoMetadata': {},
  }
  const own = encode({ request: { dialect: 'gemini', ext, cache: { ref: 'cachedContents/1' }, tier: 'flex' } })
  assert.deepEqual(own.body['safetySettings'], [{}])
  assert.deepEqual(own.body['generationConfig'], { mediaResolution: 'LOW' })
  assert.deepEqual(own.body['toolConfig'], { retrievalConfig: { a: 1 } })
  assert.deepEqual([own.body['cachedContent'], own.body['serviceTier']], ['cachedContents/1', 'flex'])
  assert.deepEqual(own.losses, ['drop contents[0].parts[0].videoMetadata'])
  const foreign = encode({ request: { ext: { prediction: {} }, tier: 'scale' } })
  assert.deepEqual(Object.keys(foreign.body), ['contents'])
  assert.deepEqual(foreign.losses, ['drop service_tier', 'drop prediction'])
})
