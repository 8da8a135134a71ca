import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Json, Request } from '#canonical/request.ts'
import { decodeRequest } from './decode-request.ts'

function decode(body: Json, method = 'generateContent', search = ''): Request {
  const result = decodeRequest(callOf(body, method, search))
  assert.ok(result.ok, JSON.stringify(result))
  return result.value
}

function callOf(body: Json, method = 'generateContent', search = ''): Parameters<typeof decodeRequest>[0] {
  const path = `/v1beta/models/gemini-2.5-flash:${method}`
  return { path, pathModel: 'gemini-2.5-flash', query: new URLSearchParams(search), headers: {}, body }
}

const hello = [{ role: 'user', parts: [{ text: 'hello' }] }]

test('the method and alt name the stream and its framing', () => {
  for (const [method, search, stream, framing] of [
    ['generateContent', '', false, undefined],
    ['streamGenerateContent', 'alt=sse', true, 'sse'],
    ['streamGenerateContent', '$alt=sse', true, 'sse'],
    ['streamGenerateContent', '', true, 'json-array'],
  ] as const) {
    const request = decode({ contents: hello }, method, search)
    assert.deepEqual([request.stream, request.framing, request.model], [stream, framing, 'gemini-2.5-flash'])
  }
})

test('contents may be a text, one turn or several, with and without role', () => {
  const expected = [{ role: 'user', parts: [{ kind: 'text', text: 'hello' }] }]
  for (const contents of ['hello', { parts: [{ text: 'hello' }] }, { parts: { text: 'hello' } }, hello, [{ parts: ['hello'] }]])
    assert.deepEqual(decode({ contents }).messages, expected)
})

test('system instructions may be a text, a content or snake case', () => {
  for (const body of [
    { systemInstruction: 'be kind' },
    { system_instruction: { parts: [{ text: 'be kind' }] } },
    { systemInstruction: { role: 'user', parts: { text: 'be kind' } } },
  ])
    assert.deepEqual(decode({ ...body, contents: hello }).messages[0], {
      role: 'system',
      parts: [{ kind: 'text', text: 'be kind' }],
    })
})

test('keys come in snake case, but not inside what is the client’s own', () => {
  const request = decode({
    contents: [
      { role: 'user', parts: [{ inline_data: { mime_type: 'image/png', data: 'a-_b' } }] },
      { role: 'model', parts: [{ function_call: { name: 'f', args: { first_name: 'a' } }, thought_signature: 'c2ln' }] },
      { role: 'user', parts: [{ function_response: { name: 'f', response: { last_name: 'b' } } }] },
    ],
    tools: [
      { function_declarations: [{ name: 'f', parameters: { type: 'OBJECT', properties: { first_name: { type: 'STRING' } } } }] },
    ],
    generation_config: { max_output_tokens: '20', response_modalities: [1], thinking_config: { thinking_level: 3 } },
    tool_config: { function_calling_config: { mode: 2, allowed_function_names: ['f'] } },
  })
  const [image, call, result] = request.messages.map(({ parts }) => parts[0])
  assert.deepEqual(image, { kind: 'image', source: { kind: 'base64', data: 'a+/b' }, mime: 'image/png' })
  assert.equal(call?.kind === 'tool_call' && call.args, '{"first_name":"a"}')
  assert.deepEqual(call?.opaque, [{ vendor: 'gemini', kind: 'signature', data: 'c2ln' }])
  assert.deepEqual(result?.kind === 'tool_result' && result.parts, [{ kind: 'text', text: '{"last_name":"b"}' }])
  assert.deepEqual(request.tools, [
    { kind: 'function', name: 'f', schema: { type: 'object', properties: { first_name: { type: 'string' } } } },
  ])
  assert.deepEqual(request.params, { maxOutput: 20 })
  assert.deepEqual(request.output, { format: 'text', modalities: ['text'] })
  assert.deepEqual(request.reasoning, { effort: 'high' })
  assert.deepEqual(request.toolChoice, { mode: 'one', names: ['f'] })
})

test('results without ids belong to the calls of their name in order, and ids are the same in every turn', () => {
  const call = (name: string): Json => ({ functionCall: { name, args: {} } })
  const result = (name: string, id?: string): Json => ({
    functionResponse: { name, response: { output: name }, ...(id && { id }) },
  })
  const contents = [
    ...hello,
    { role: 'model', parts: [call('a'), call('b'), call('a')] },
    { role: 'user', parts: [result('b'), result('a'), result('a'), { text: 'go on' }] },
  ]
  const { messages } = decode({ contents })
  const ids = messages[1]?.parts.flatMap((part) => (part.kind === 'tool_call' ? [part.id] : [])) ?? []
  const answered = messages[2]?.parts.flatMap((part) => (part.kind === 'tool_result' ? [part.callId] : []))
  assert.equal(new Set(ids).size, 3)
  assert.deepEqual(answered, [ids[1], ids[0], ids[2]])
  assert.deepEqual(
    messages.map(({ role }) => role),
    ['user', 'assistant', 'tool', 'user'],
  )
  const later = decode({ contents: [...contents, { role: 'model', parts: [{ text: 'ok' }] }] })
  assert.deepEqual(later.messages.slice(0, 4), messages)
})

test('a call that was never answered does not take the results of a later turn', () => {
  const { messages } = decode({
    contents: [
      ...hello,
      { role: 'model', parts: [{ functionCall: { name: 'a', args: { n: 1 } } }] },
      { role: 'user', parts: [{ text: 'stop' }] },
      { role: 'model', parts: [{ functionCall: { name: 'a', args: { n: 2 } } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'a', response: { result: 'x' } } }] },
    ],
  })
  const [first, second] = messages.flatMap(({ parts }) => parts.filter((part) => part.kind === 'tool_call'))
  const result = messages.at(-1)?.parts[0]
  assert.equal(result?.kind === 'tool_result' && result.callId, second?.id)
  assert.notEqual(first?.id, second?.id)
})

test('results: what SDKs wrap a text in is taken off, objects stay, media and errors are seen', () => {
  for (const [response, text, isError] of [
    [{ output: 'x' }, 'x', undefined],
    [{ result: 'x' }, 'x', undefined],
    [{ error: 'x' }, 'x', true],
    [{ output: { a: 1 } }, '{"output":{"a":1}}', undefined],
    [{ output: 'x', more: 1 }, '{"output":"x","more":1}', undefined],
  ] as const) {
    const part = decode({ contents: [{ parts: [{ functionResponse: { name: 'f', response } }] }] }).messages[0]?.parts[0]
    assert.ok(part?.kind === 'tool_result')
    assert.deepEqual([part.parts, part.isError], [[{ kind: 'text', text }], isError])
  }
  const media = { inlineData: { mimeType: 'image/png', data: 'aa' } }
  const part = decode({ contents: [{ parts: [{ functionResponse: { name: 'f', response: {}, parts: [media] } }] }] }).messages[0]
    ?.parts[0]
  assert.deepEqual(part?.kind === 'tool_result' && part.parts, [
    { kind: 'image', mime: 'image/png', source: { kind: 'base64', data: 'aa' } },
  ])
})

test('parts of every kind', () => {
  for (const [part, expected] of [
    [
      { text: 'a', thought: true },
      { kind: 'reasoning', text: 'a' },
    ],
    [
      { text: '', thoughtSignature: 's' },
      { kind: 'reasoning', text: '', opaque: [{ vendor: 'gemini', kind: 'signature', data: 's' }] },
    ],
    [
      { fileData: { fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/1', mimeType: 'application/pdf' } },
      {
        kind: 'file',
        source: { kind: 'file', vendor: 'gemini', id: 'https://generativelanguage.googleapis.com/v1beta/files/1' },
        mime: 'application/pdf',
      },
    ],
    [
      { fileData: { fileUri: 'https://a.b/c.mp3', mimeType: 'audio/mpeg' } },
      { kind: 'audio', source: { kind: 'url', url: 'https://a.b/c.mp3' }, mime: 'audio/mpeg' },
    ],
    [
      { executableCode: { code: '1' } },
      { kind: 'server_tool', type: 'executableCode', vendor: 'gemini', raw: { executableCode: { code: '1' } } },
    ],
  ] as const)
    assert.deepEqual(decode({ contents: [{ role: 'model', parts: [part] }] }).messages[0]?.parts, [expected])
})

test('tools, choice, schemas and what has no meaning elsewhere', () => {
  const request = decode({
    contents: [{ parts: [{ fileData: { fileUri: 'gs://v', mimeType: 'video/mp4' }, videoMetadata: { fps: 2 } }] }],
    tools: [
      { googleSearch: {}, codeExecution: {} },
      { functionDeclarations: [{ name: 'f', parametersJsonSchema: { type: 'object' } }] },
    ],
    toolConfig: { functionCallingConfig: { mode: 'VALIDATED' }, retrievalConfig: { languageCode: 'de' } },
    generationConfig: {
      responseMimeType: 'application/json',
      responseSchema: { type: 'STRING', nullable: true, enum: ['a'], format: 'enum' },
      mediaResolution: 'LOW',
      responseLogprobs: true,
      logprobs: 3,
      topK: 40,
      stopSequences: ['x'],
    },
    safetySettings: [{ category: 'a' }],
    cachedContent: 'cachedContents/1',
    serviceTier: 'flex',
  })
  assert.deepEqual(
    request.tools.map((tool) => (tool.kind === 'builtin' ? tool.raw : tool.name)),
    [{ googleSearch: {} }, { codeExecution: {} }, 'f'],
  )
  assert.deepEqual(request.toolChoice, { mode: 'auto' })
  assert.deepEqual(request.output, { format: 'json_schema', schema: { schema: { type: ['string', 'null'], enum: ['a', null] } } })
  assert.deepEqual(request.params, { stop: ['x'], topK: 40, logprobs: { top: 3 } })
  assert.deepEqual([request.cache, request.tier], [{ ref: 'cachedContents/1' }, 'flex'])
  assert.deepEqual(request.ext, {
    safetySettings: [{ category: 'a' }],
    'generationConfig.mediaResolution': 'LOW',
    'toolConfig.retrievalConfig': { languageCode: 'de' },
    'toolConfig.functionCallingConfig.mode': 'VALIDATED',
    'contents[0].parts[0].videoMetadata': { fps: 2 },
  })
})

test('token counts may wrap the whole request', () => {
  const request = decode(
    { generateContentRequest: { model: 'models/m', contents: hello, tools: [{ googleSearch: {} }] } },
    'countTokens',
  )
  assert.deepEqual([request.messages.length, request.tools.length], [1, 1])
})

test('wrong types name the field', () => {
  for (const [body, param] of [
    [{}, 'contents'],
    [{ contents: [] }, 'contents'],
    [{ contents: 5 }, 'contents'],
    [{ contents: [{ role: 'bot', parts: [] }] }, 'contents[0].role'],
    [{ contents: [{ parts: 5 }] }, 'contents[0].parts'],
    [{ contents: [{ parts: [5] }] }, 'contents[0].parts[0]'],
    [{ contents: [{ parts: [{ text: 5 }] }] }, 'contents[0].parts[0].text'],
    [{ contents: [{ parts: [{ functionCall: { args: {} } }] }] }, 'contents[0].parts[0].functionCall.name'],
    [
      { contents: [{ parts: [{ functionResponse: { response: 'x', name: 'f' } }] }] },
      'contents[0].parts[0].functionResponse.response',
    ],
    [{ contents: hello, systemInstruction: { parts: [{ inlineData: {} }] } }, 'systemInstruction.parts[0].text'],
    [{ contents: hello, tools: [{ functionDeclarations: {} }] }, 'tools[0].functionDeclarations'],
    [{ contents: hello, tools: [{ functionDeclarations: [{}] }] }, 'tools[0].functionDeclarations[0].name'],
    [{ contents: hello, toolConfig: { functionCallingConfig: { mode: 'SOME' } } }, 'toolConfig.functionCallingConfig.mode'],
    [{ contents: hello, generationConfig: { temperature: 'hot' } }, 'generationConfig.temperature'],
    [
      { contents: hello, generationConfig: { thinkingConfig: { thinkingLevel: 'huge' } } },
      'generationConfig.thinkingConfig.thinkingLevel',
    ],
    [{ contents: hello, generationConfig: { responseModalities: ['smell'] } }, 'generationConfig.responseModalities'],
  ] as const) {
    const result = decodeRequest(callOf(body))
    assert.ok(!result.ok, JSON.stringify(body))
    assert.deepEqual([result.error.kind, result.error.param], ['invalid_request', param])
  }
})

test('a body that is nested without end is refused', () => {
  let deep: unknown = {}
  for (let level = 0; level < 20_000; level++) deep = { a: deep }
  for (const body of [
    { contents: [{ parts: [{ functionCall: { name: 'f', args: deep } }] }] },
    { contents: hello, deep },
    { contents: hello, tools: [{ functionDeclarations: [{ name: 'f', parameters: deep }] }] },
  ])
    assert.equal(decodeRequest(callOf(body)).ok, false)
})

test('no JSON value makes it throw', () => {
  const names = [
    'contents',
    'parts',
    'text',
    'functionCall',
    'function_response',
    'inlineData',
    'name',
    'args',
    '__proto__',
    'tools',
  ]
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.jsonValue(),
      fc.array(tie('value')),
      fc.dictionary(fc.constantFrom(...names), tie('value')),
    ),
  }))
  fc.assert(
    fc.property(value, value, value, (contents, tools, generationConfig) => {
      decodeRequest(callOf({ contents, tools, generationConfig, toolConfig: tools, systemInstruction: contents }))
    }),
    { numRuns: 60 },
  )
})
