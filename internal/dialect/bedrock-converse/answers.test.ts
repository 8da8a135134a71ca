import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer, AnswerEvent } from '#canonical/answer.ts'
import type { Json, Request } from '#canonical/request.ts'
import type { DecodeContext } from '../dialect.ts'
import { decodeAnswer } from './decode-answer.ts'
import { decodeStream } from './decode-stream.ts'
import { contextOf, targetOf } from './test-kit.ts'

const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 }

function answerOf(content: readonly Json[], more: Json = {}, context: DecodeContext = contextOf()): Answer {
  const body = { output: { message: { role: 'assistant', content } }, stopReason: 'end_turn', usage, ...more }
  const decoded = decodeAnswer(body, context)
  assert.ok(decoded.ok)
  return decoded.value
}

/** Frames written as `[type, payload]`, and what comes of them. */
function eventsOf(frames: readonly (readonly [string, Json])[], context: DecodeContext = contextOf()): readonly AnswerEvent[] {
  const events: AnswerEvent[] = []
  const decoder = decodeStream((event) => events.push(event), context)
  for (const [event, payload] of frames) decoder.frame({ event, data: JSON.stringify(payload) })
  decoder.end()
  return events
}

const delta = (index: number, value: Json) => ['contentBlockDelta', { contentBlockIndex: index, delta: value }] as const
const stop = (index: number) => ['contentBlockStop', { contentBlockIndex: index }] as const
const end = (stopReason: string, more: Json = {}) => ['messageStop', { stopReason, ...more }] as const
const metadata = ['metadata', { usage }] as const
const begin = ['messageStart', { role: 'assistant' }] as const

test('converse: text, calls and numbers of a whole answer', () => {
  const answer = answerOf([{ text: 'Hi' }, { toolUse: { toolUseId: 't', name: 'f', input: { a: 1 } } }], {
    stopReason: 'tool_use',
  })
  assert.deepEqual(answer, {
    id: '',
    model: 'eu.model-v1:0',
    created: 0,
    candidates: [
      {
        index: 0,
        parts: [
          { kind: 'text', text: 'Hi' },
          { kind: 'tool_call', id: 't', name: 'f', args: '{"a":1}' },
        ],
        finish: { reason: 'tool_calls', raw: 'tool_use' },
      },
    ],
    usage: { input: 10, output: 5, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
  })
})

test('converse: thoughts keep their signatures, hidden ones are a text again for Claude', () => {
  const content = [
    { reasoningContent: { reasoningText: { text: 'hm', signature: 'sig' } } },
    { reasoningContent: { redactedContent: Buffer.from('abc').toString('base64') } },
    { text: 'x' },
  ]
  const [first, second] = answerOf(content).candidates[0]?.parts ?? []
  assert.deepEqual(first, { kind: 'reasoning', text: 'hm', opaque: [{ vendor: 'anthropic', kind: 'signature', data: 'sig' }] })
  assert.deepEqual(second, { kind: 'reasoning', text: '', opaque: [{ vendor: 'anthropic', kind: 'redacted', data: 'abc' }] })
})

test('converse: cited text is text, with its sources', () => {
  const citation = {
    title: 'Ruby',
    source: 'https://x/ruby',
    sourceContent: [{ text: 'made ' }, { text: 'by Matz' }],
    location: {},
  }
  const [part] =
    answerOf([{ citationsContent: { content: [{ text: 'By Matz.' }], citations: [citation] } }]).candidates[0]?.parts ?? []
  assert.deepEqual(part, {
    kind: 'text',
    text: 'By Matz.',
    citations: [{ url: 'https://x/ruby', title: 'Ruby', citedText: 'made by Matz', raw: citation }],
  })
})

test('converse: the input counts what came from caches and went into them', () => {
  const told = {
    inputTokens: 3,
    outputTokens: 4,
    cacheReadInputTokens: 10,
    cacheWriteInputTokens: 20,
    cacheDetails: [
      { ttl: '1h', inputTokens: 15 },
      { ttl: '5m', inputTokens: 5 },
    ],
  }
  const expected = { input: 33, output: 4, cacheRead: 10, cacheWrite: 20, cacheWrite1h: 15, reasoning: 0 }
  assert.deepEqual(answerOf([{ text: 'x' }], { usage: told }).usage, expected)
  const older = { inputTokens: 3, outputTokens: 4, cacheReadInputTokenCount: 10, cacheWriteInputTokenCount: 0 }
  assert.equal(answerOf([{ text: 'x' }], { usage: older }).usage?.input, 13)
})

const reasons: readonly (readonly [string, string])[] = [
  ['end_turn', 'stop'],
  ['max_tokens', 'length'],
  ['stop_sequence', 'stop_sequence'],
  ['guardrail_intervened', 'content_filter'],
  ['content_filtered', 'content_filter'],
  ['model_context_window_exceeded', 'context_window'],
  ['malformed_tool_use', 'malformed_tool_call'],
  ['tool_use', 'stop'],
  ['something_new', 'other'],
]

for (const [raw, reason] of reasons) {
  test(`converse: ${raw} without a call means ${reason}`, () => {
    const finish = answerOf([{ text: 'x' }], { stopReason: raw }).candidates[0]?.finish
    assert.deepEqual(finish, { reason, raw })
  })
}

test('converse: Claude tells which stop sequence it was, in whole answers and streams', () => {
  const whole = answerOf([{ text: 'x' }], {
    stopReason: 'stop_sequence',
    additionalModelResponseFields: { stop_sequence: 'END' },
  })
  assert.equal(whole.candidates[0]?.finish.sequence, 'END')
  const fields = { additionalModelResponseFields: { delta: { stop_sequence: 'END' } } }
  const events = eventsOf([begin, delta(0, { text: 'x' }), stop(0), end('stop_sequence', fields), metadata])
  const finish = { reason: 'stop_sequence', raw: 'stop_sequence', sequence: 'END' } as const
  assert.deepEqual(events.at(-2), { kind: 'finish', candidate: 0, finish })
})

test('converse: what is no answer fails', () => {
  for (const body of ['<html>', {}, { output: { message: { content: [] } } }, null]) {
    const decoded = decodeAnswer(body, contextOf())
    assert.equal(decoded.ok === false && decoded.error.kind, 'malformed')
  }
})

test('converse: a stream of text and a call; numbers come last', () => {
  const events = eventsOf([
    begin,
    delta(0, { text: 'Hi' }),
    stop(0),
    ['contentBlockStart', { contentBlockIndex: 1, start: { toolUse: { toolUseId: 't', name: 'f' } } }],
    delta(1, { toolUse: { input: '{"a"' } }),
    delta(1, { toolUse: { input: ':1}' } }),
    stop(1),
    end('tool_use'),
    metadata,
  ])
  assert.deepEqual(events, [
    { kind: 'start', id: '', model: 'eu.model-v1:0', created: 0 },
    { kind: 'part_start', candidate: 0, part: 0, type: 'text' },
    { kind: 'part_delta', candidate: 0, part: 0, text: 'Hi' },
    { kind: 'part_end', candidate: 0, part: 0 },
    { kind: 'part_start', candidate: 0, part: 1, type: 'tool_call', id: 't', name: 'f' },
    { kind: 'part_delta', candidate: 0, part: 1, text: '{"a"' },
    { kind: 'part_delta', candidate: 0, part: 1, text: ':1}' },
    { kind: 'part_end', candidate: 0, part: 1 },
    { kind: 'usage', usage: { input: 10, output: 5, cacheRead: 0, cacheWrite: 0, reasoning: 0 } },
    { kind: 'finish', candidate: 0, finish: { reason: 'tool_calls', raw: 'tool_use' } },
    { kind: 'end' },
  ])
})

test('converse: thoughts of a stream end with their signature', () => {
  const events = eventsOf([
    begin,
    delta(0, { reasoningContent: { text: 'h' } }),
    delta(0, { reasoningContent: { text: 'm' } }),
    delta(0, { reasoningContent: { signature: 'sig' } }),
    stop(0),
    delta(1, { reasoningContent: { redactedContent: Buffer.from('abc').toString('base64') } }),
    stop(1),
    delta(2, { text: 'x' }),
    stop(2),
    end('end_turn'),
    metadata,
  ])
  const ends = events.filter(({ kind }) => kind === 'part_end')
  assert.deepEqual(ends, [
    { kind: 'part_end', candidate: 0, part: 0, opaque: [{ vendor: 'anthropic', kind: 'signature', data: 'sig' }] },
    { kind: 'part_end', candidate: 0, part: 1, opaque: [{ vendor: 'anthropic', kind: 'redacted', data: 'abc' }] },
    { kind: 'part_end', candidate: 0, part: 2 },
  ])
})

const sound: readonly { readonly name: string; readonly frames: readonly (readonly [string, Json])[] }[] = [
  { name: 'numbers before the stop reason', frames: [begin, delta(0, { text: 'x' }), metadata, end('end_turn')] },
  { name: 'no numbers at all', frames: [begin, delta(0, { text: 'x' }), end('end_turn')] },
  { name: 'no beginning', frames: [delta(0, { text: 'x' }), stop(0), end('end_turn'), metadata] },
  {
    name: 'an empty start of a text',
    frames: [begin, ['contentBlockStart', { contentBlockIndex: 0, start: {} }], delta(0, { text: 'x' }), end('end_turn')],
  },
  { name: 'events that nobody knows', frames: [begin, ['news', {}], delta(0, { text: 'x', p: 'abc' }), end('end_turn')] },
]

for (const { name, frames } of sound) {
  test(`converse: a stream with ${name} is complete`, () => {
    const events = eventsOf(frames)
    assert.deepEqual(events.at(-1), { kind: 'end' })
    const text = events.map((event) => (event.kind === 'part_delta' ? event.text : '')).join('')
    assert.equal(text, 'x')
    const opened = events.filter(({ kind }) => kind === 'part_start').length
    assert.equal(events.filter(({ kind }) => kind === 'part_end').length, opened)
  })
}

const request: Partial<Request> = { tools: [{ kind: 'custom', name: 'shell' }] }

test('converse: a call without arguments has an empty object, and free text is unwrapped', () => {
  const start = (name: string) =>
    ['contentBlockStart', { contentBlockIndex: 0, start: { toolUse: { toolUseId: 't', name } } }] as const
  const bare = eventsOf([begin, start('f'), stop(0), end('tool_use'), metadata])
  assert.deepEqual(bare[2], { kind: 'part_delta', candidate: 0, part: 0, text: '{}' })
  const free = eventsOf(
    [
      begin,
      start('shell'),
      delta(0, { toolUse: { input: '{"input":' } }),
      delta(0, { toolUse: { input: '"ls"}' } }),
      stop(0),
      end('tool_use'),
    ],
    contextOf(request),
  )
  assert.deepEqual(free[2], { kind: 'part_delta', candidate: 0, part: 0, text: 'ls' })
  const context = { ...contextOf(request), names: new Map([['f_1', 'a.b']]) }
  const part = answerOf([{ toolUse: { toolUseId: 't', name: 'f_1', input: {} } }], {}, context).candidates[0]?.parts[0]
  assert.equal(part?.kind === 'tool_call' && part.name, 'a.b')
})

test('converse: a tool that ran at Amazon is nobody’s to answer', () => {
  const use = { toolUseId: 't', name: 'nova_grounding', type: 'server_tool_use' }
  const events = eventsOf([
    begin,
    ['contentBlockStart', { contentBlockIndex: 0, start: { toolUse: use } }],
    delta(0, { toolUse: { input: '{}' } }),
    stop(0),
    delta(1, { text: 'x' }),
    end('end_turn'),
  ])
  assert.doesNotMatch(JSON.stringify(events), /tool_call/)
  assert.equal(answerOf([{ toolUse: { ...use, input: {} } }, { text: 'x' }]).candidates[0]?.parts.length, 1)
})

test('converse: a broken event is left out; an unfinished stream fails', () => {
  const events: AnswerEvent[] = []
  const decoder = decodeStream((event) => events.push(event), contextOf({}, targetOf()))
  decoder.frame({ event: 'messageStart', data: '{"role":"assistant"}' })
  decoder.frame({ event: 'contentBlockDelta', data: '{"contentBlockIndex":0,' })
  assert.deepEqual(events.at(-1), { kind: 'skipped' })
  decoder.end()
  const [last] = events.slice(-1)
  assert.equal(last?.kind === 'failure' && last.failure.kind, 'network')
  const [nothing] = eventsOf([])
  assert.equal(nothing?.kind === 'failure' && nothing.failure.kind, 'malformed')
})
