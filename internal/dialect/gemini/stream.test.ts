import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnswerEvent } from '#canonical/answer.ts'
import type { Request } from '#canonical/request.ts'
import { parseSse } from '#framing/sse-parse.ts'
import { asArray } from '#lib/json.ts'
import type { DecodeContext } from '../dialect.ts'
import { decodeAnswer } from './decode-answer.ts'
import { decodeStream } from './decode-stream.ts'
import { encodeAnswer } from './encode-answer.ts'
import { encodeStream } from './encode-stream.ts'

const request: Request = {
  dialect: 'gemini',
  model: 'm',
  stream: true,
  messages: [],
  tools: [],
  params: {},
  output: { format: 'text' },
  ext: {},
  raw: {},
}
const context: DecodeContext = {
  request,
  target: {
    model: 'gemini-3',
    quirks: { vendor: 'gemini' },
    traits: {
      sampling: 'all',
      reasoning: { kind: 'none' },
      forcedTool: 'yes',
      prefill: false,
      lateSystem: false,
      imagesInToolResults: true,
      jsonSchema: true,
    },
  },
}
const answerContext = { request, requestId: 'req', nowSeconds: 1 }

function decode(chunks: readonly (object | string)[], within: DecodeContext = context): readonly AnswerEvent[] {
  const events: AnswerEvent[] = []
  const decoder = decodeStream((event) => events.push(event), within)
  for (const chunk of chunks) decoder.frame({ event: '', data: typeof chunk === 'string' ? chunk : JSON.stringify(chunk) })
  decoder.end()
  return events
}

const chunk = (parts: readonly object[], more: object = {}, top: object = {}): object => ({
  responseId: 'answer',
  modelVersion: 'gemini-3-flash',
  candidates: [{ content: { role: 'model', parts }, ...more }],
  ...top,
})
const stop = { finishReason: 'STOP' }
const start = { kind: 'start', id: 'answer', model: 'gemini-3-flash', created: 0 }
const signature = (data: string): object => ({ opaque: [{ vendor: 'gemini', kind: 'signature', data }] })
const part = { candidate: 0, part: 0 }

test('texts and thoughts are parts of their own, the signature of an empty text belongs to what is open', () => {
  const usageMetadata = {
    promptTokenCount: 10,
    toolUsePromptTokenCount: 5,
    candidatesTokenCount: 3,
    thoughtsTokenCount: 4,
    totalTokenCount: 22,
    cachedContentTokenCount: 2,
  }
  assert.deepEqual(
    decode([
      chunk([{ text: 'hm', thought: true }]),
      chunk([{ text: 'a' }]),
      chunk([{ text: 'b' }]),
      chunk([{ text: '', thoughtSignature: 's' }], stop, { usageMetadata }),
    ]),
    [
      start,
      { kind: 'part_start', ...part, type: 'reasoning' },
      { kind: 'part_delta', ...part, text: 'hm' },
      { kind: 'part_end', ...part },
      { kind: 'part_start', candidate: 0, part: 1, type: 'text' },
      { kind: 'part_delta', candidate: 0, part: 1, text: 'a' },
      { kind: 'part_delta', candidate: 0, part: 1, text: 'b' },
      { kind: 'part_end', candidate: 0, part: 1, ...signature('s') },
      { kind: 'finish', candidate: 0, finish: { reason: 'stop', raw: 'STOP' } },
      { kind: 'usage', usage: { input: 15, output: 7, cacheRead: 2, cacheWrite: 0, reasoning: 4 } },
      { kind: 'end' },
    ],
  )
})

function callsOf(events: readonly AnswerEvent[]): readonly unknown[] {
  return events.flatMap((event) => {
    if (event.kind === 'part_start' && event.type === 'tool_call') return [event.name]
    return event.kind === 'part_delta' ? [event.text] : []
  })
}

test('calls come whole; STOP means that they shall be run; ids are made, unique and the same again', () => {
  const answer = [
    chunk([{ functionCall: { name: 'f', args: { a: 1 } }, thoughtSignature: 's' }, { functionCall: { name: 'f' } }], stop),
  ]
  const events = decode(answer)
  assert.deepEqual(callsOf(events), ['f', '{"a":1}', 'f', '{}'])
  const starts = events.flatMap((event) => (event.kind === 'part_start' && event.type === 'tool_call' ? [event] : []))
  assert.deepEqual(starts[0]?.opaque, [{ vendor: 'gemini', kind: 'signature', data: 's' }])
  assert.notEqual(starts[0]?.id, starts[1]?.id)
  assert.deepEqual(decode(answer), events)
  assert.deepEqual(events.at(-2), { kind: 'finish', candidate: 0, finish: { reason: 'tool_calls', raw: 'STOP' } })
})

test('arguments in pieces, also when the last piece never comes', () => {
  const first = chunk([{ functionCall: { name: 'f', willContinue: true } }])
  const piece = (...partialArgs: readonly object[]): object => chunk([{ functionCall: { partialArgs, willContinue: true } }])
  const pieces = [
    first,
    piece({ jsonPath: '$.city', stringValue: 'New ' }),
    piece({ jsonPath: '$.city', stringValue: 'Delhi' }, { jsonPath: '$.at[0].hot', boolValue: true }),
    piece({ jsonPath: '$.n', numberValue: 2 }, { jsonPath: '$["o p"]', nullValue: 'NULL_VALUE' }),
    piece({ jsonPath: '$.__proto__.polluted', boolValue: true }, { jsonPath: '$.far[4000000000]', numberValue: 1 }),
  ]
  const args = '{"city":"New Delhi","at":[{"hot":true}],"n":2,"o p":null,"__proto__":{"polluted":true},"far":[]}'
  for (const last of [chunk([{ functionCall: {} }], stop), chunk([], stop)])
    assert.deepEqual(callsOf(decode([...pieces, last])), ['f', args])
  assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false)
})

test('names of tools and free text are restored', () => {
  const tools = [{ kind: 'custom', name: 'a/b' }] as const
  const names = new Map([['a_b_1', 'a/b']])
  const events = decode([chunk([{ functionCall: { name: 'a_b_1', args: { input: 'x' } } }], stop)], {
    ...context,
    request: { ...request, tools },
    names,
  })
  assert.deepEqual(callsOf(events), ['a/b', 'x'])
})

test('how answers end', () => {
  for (const [chunks, reason, raw] of [
    [[chunk([{ text: 'a' }], { finishReason: 'MAX_TOKENS' })], 'length', 'MAX_TOKENS'],
    [[chunk([{ text: 'a' }], { finishReason: 1 })], 'stop', '1'],
    [[chunk([{ text: 'a' }], { finishReason: 2 })], 'length', '2'],
    [[{ candidates: [{ finishReason: 'MODEL_ARMOR' }] }], 'content_filter', 'MODEL_ARMOR'],
    [[chunk([], { finishReason: 'MALFORMED_FUNCTION_CALL' })], 'malformed_tool_call', 'MALFORMED_FUNCTION_CALL'],
    [[chunk([], { finishReason: 'UNEXPECTED_TOOL_CALL' })], 'malformed_tool_call', 'UNEXPECTED_TOOL_CALL'],
    [[chunk([], { finishReason: 'SOMETHING_NEW' })], 'other', 'SOMETHING_NEW'],
    [[chunk([{ text: 'a' }], { finishReason: 0 }), chunk([{ text: 'b' }], stop), { usageMetadata: {} }], 'stop', 'STOP'],
    [[{ promptFeedback: { blockReason: 'JAILBREAK' }, usageMetadata: { promptTokenCount: 4 } }], 'content_filter', 'JAILBREAK'],
    [[{ promptFeedback: { blockReason: 'OTHER' } }], 'content_filter', 'OTHER'],
  ] as const) {
    const finish = decode(chunks).find((event) => event.kind === 'finish')
    assert.deepEqual(finish, { kind: 'finish', candidate: 0, finish: { reason, raw } })
  }
})

test('failures: cut off, nothing, errors; a frame that cannot be read is skipped', () => {
  for (const [chunks, kind, phase] of [
    [[chunk([{ text: 'a' }])], 'network', 'stream'],
    [[], 'malformed', 'first_token'],
    [['<html>', '5'], 'malformed', 'first_token'],
    [[{ usageMetadata: { promptTokenCount: 1 } }], 'malformed', 'first_token'],
    [[{ error: { code: 503, message: 'overloaded', status: 'UNAVAILABLE' } }], 'overloaded', 'first_token'],
    [
      [chunk([{ text: 'a' }]), [{ error: { message: 'x', status: 'INTERNAL' } }], chunk([{ text: 'b' }], stop)],
      'server',
      'stream',
    ],
  ] as const) {
    const closing = decode(chunks).filter((event) => event.kind === 'failure' || event.kind === 'end')
    const [event, ...more] = closing
    assert.ok(event?.kind === 'failure' && more.length === 0, JSON.stringify(closing))
    assert.deepEqual([event.failure.kind, event.failure.phase], [kind, phase])
  }
  assert.deepEqual(
    decode([chunk([{ text: 'a' }]), '{"cand', chunk([{ text: 'b' }], stop), '[DONE]']).map(({ kind }) => kind),
    ['start', 'part_start', 'part_delta', 'skipped', 'part_delta', 'part_end', 'finish', 'end'],
  )
})

test('no shape of an answer makes the decoders throw', () => {
  for (const odd of [
    null,
    5,
    'x',
    [],
    [5],
    {},
    { toString: 1 },
    { parts: 5 },
    { parts: [null, 5, {}, { text: 5 }, { functionCall: {} }, { inlineData: 5 }] },
  ]) {
    decode([
      { candidates: odd },
      { candidates: [odd] },
      { candidates: [{ content: odd, finishReason: odd, groundingMetadata: odd }] },
    ])
    decode([
      {
        candidates: [{ content: { parts: [{ text: 'a' }] }, citationMetadata: odd, logprobsResult: odd, ...stop }],
        usageMetadata: odd,
        promptFeedback: odd,
        error: odd,
      },
    ])
    decodeAnswer(odd, context)
  }
})

test('sources: bytes become characters, and bytes again', () => {
  const groundingMetadata = {
    webSearchQueries: ['q'],
    groundingChunks: [{ web: { uri: 'https://a.b', title: 'A' } }],
    groundingSupports: [{ segment: { startIndex: 2, endIndex: 5, text: '€' }, groundingChunkIndices: [0] }],
  }
  const citationMetadata = { citationSources: [{ startIndex: 0, endIndex: 2, uri: 'https://c.d' }] }
  const body = chunk([{ text: 'é€' }], { ...stop, groundingMetadata, citationMetadata })
  const answer = decodeAnswer(body, context)
  assert.ok(answer.ok)
  const [text] = answer.value.candidates[0]?.parts ?? []
  assert.ok(text?.kind === 'text')
  assert.deepEqual(
    text.citations?.map(({ url, start: from, end }) => [url, from, end]),
    [
      ['https://a.b', 1, 2],
      ['https://c.d', 0, 1],
    ],
  )
  const again = decodeAnswer(encodeAnswer(answer.value, answerContext), context)
  assert.deepEqual(again.ok && again.value.candidates, answer.value.candidates)
  const foreign = { ...text, citations: [{ url: 'https://e.f', start: 1, end: 2 }] }
  const [candidate] = answer.value.candidates
  assert.ok(candidate !== undefined)
  const written = encodeAnswer({ ...answer.value, candidates: [{ ...candidate, parts: [foreign] }] }, answerContext)
  assert.match(JSON.stringify(written), /"citationSources":\[\{"startIndex":2,"endIndex":5,"uri":"https:\/\/e.f"\}\]/)
})

test('a whole answer may be an array, may leave its reason out, but not both its content and its reason', () => {
  const array = decodeAnswer([chunk([{ text: 'a' }]), chunk([{ text: 'b' }], stop)], context)
  assert.deepEqual(array.ok && array.value.candidates[0]?.parts, [{ kind: 'text', text: 'ab' }])
  const noReason = decodeAnswer(chunk([{ text: 'a' }]), context)
  assert.deepEqual(noReason.ok && noReason.value.candidates[0]?.finish, { reason: 'stop' })
  const nothing = decodeAnswer({ candidates: [{}] }, context)
  assert.equal(!nothing.ok && nothing.error.kind, 'malformed')
  const cut = decodeAnswer([chunk([{ text: 'a' }])], context)
  assert.equal(!cut.ok && cut.error.kind, 'network')
})

test('usage without the candidates’ tokens is the rest of the total', () => {
  const answer = decodeAnswer(
    chunk(
      [],
      { finishReason: 'MAX_TOKENS' },
      { usageMetadata: { promptTokenCount: 10, thoughtsTokenCount: 6, totalTokenCount: 18, serviceTier: 'standard' } },
    ),
    context,
  )
  assert.deepEqual(answer.ok && [answer.value.usage, answer.value.tier], [
    { input: 10, output: 8, cacheRead: 0, cacheWrite: 0, reasoning: 6 },
    'standard',
  ])
})

const rich = [
  chunk([{ text: 'hm', thought: true }]),
  chunk([{ text: 'hello' }]),
  chunk([{ text: '', thoughtSignature: 's1' }]),
  chunk([{ functionCall: { id: 'c1', name: 'f', args: { a: [1, { b: null }] } }, thoughtSignature: 's2' }]),
  chunk([{ inlineData: { mimeType: 'image/png', data: 'aaaa' }, thoughtSignature: 's3' }]),
  chunk([{ executableCode: { language: 'PYTHON', code: 'x' } }]),
  chunk([{ text: 'bye' }], {
    ...stop,
    logprobsResult: {
      chosenCandidates: [{ token: 'bye', logProbability: -1 }],
      topCandidates: [{ candidates: [{ token: 'hi', logProbability: -2 }] }],
    },
  }),
  {
    candidates: [{ index: 1, content: { parts: [{ text: 'two' }] }, finishReason: 'RECITATION' }],
    usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 2, totalTokenCount: 3 },
  },
]

test('what is written for a client is read again as the same, as events, as one array, and whole', () => {
  const events = decode(rich)
  for (const framing of ['sse', 'json-array'] as const) {
    const encode = encodeStream({ ...answerContext, request: { ...request, framing } })
    const written = events.map(encode).join('')
    const frames: string[] = []
    if (framing === 'json-array') {
      assert.match(written, /^\[\{/)
      assert.match(written, /\}\]$/)
      frames.push(...asArray(JSON.parse(written)).map((entry) => JSON.stringify(entry)))
    } else {
      assert.ok(written.split('\r\n\r\n').every((frame) => frame === '' || frame.startsWith('data: ')))
      const parser = parseSse(({ data }) => frames.push(data))
      parser.push(Buffer.from(written))
      parser.end()
    }
    const again = decode(frames)
    const bare = (list: readonly AnswerEvent[]): unknown => list.filter(({ kind }) => kind !== 'start' && kind !== 'finish')
    assert.deepEqual(bare(again), bare(events))
    assert.deepEqual(
      again.filter(({ kind }) => kind === 'finish'),
      events.filter(({ kind }) => kind === 'finish'),
    )
  }
  const whole = decodeAnswer(rich, context)
  assert.ok(whole.ok)
  const again = decodeAnswer(encodeAnswer(whole.value, answerContext), context)
  assert.deepEqual(again.ok && again.value.candidates, whole.value.candidates)
})

test('a failure ends the stream in its own framing, at any time', () => {
  const failure = { kind: 'failure', failure: { kind: 'overloaded', phase: 'stream', message: 'busy' } } as const
  assert.match(
    encodeStream(answerContext)(failure),
    /^data: \{"error":\{"code":503,"message":"busy","status":"UNAVAILABLE".*\r\n\r\n$/,
  )
  const array = encodeStream({ ...answerContext, request: { ...request, framing: 'json-array' } })
  const events = decode([chunk([{ text: 'a' }])]).slice(0, 3)
  const written: unknown = JSON.parse([...events, failure].map(array).join(''))
  assert.equal(Array.isArray(written) && written.length, 2)
  assert.match(encodeStream({ ...answerContext, request: { ...request, framing: 'json-array' } })(failure), /^\[\{.*\}\]$/)
})

test('arguments that were cut are none, and only Gemini’s own signatures go out as they came', () => {
  const encode = encodeStream(answerContext)
  const opaque = [{ vendor: 'anthropic', kind: 'signature', data: 'theirs' }] as const
  encode({ kind: 'part_start', ...part, type: 'tool_call', id: 'c', name: 'f' })
  assert.equal(encode({ kind: 'part_delta', ...part, text: '{"a":' }), '')
  const written = encode({ kind: 'part_end', ...part, opaque })
  assert.match(written, /"functionCall":\{"id":"c","name":"f","args":\{\}\}/)
  assert.match(written, /"thoughtSignature":"[A-Za-z0-9+/=]+"/)
  assert.doesNotMatch(written, /theirs/)
})
