import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer, AnswerEvent, AnswerPart } from '#canonical/answer.ts'
import { asArray, asObject, type JsonObject } from '#lib/json.ts'
import { decodeAnswer } from './decode-answer.ts'
import { encodeAnswer } from './encode-answer.ts'
import { encodeStream } from './encode-stream.ts'
import { contextOf, eventsOf, requestOf } from './test-kit.ts'

const contextFor = (body: JsonObject = {}) => ({ request: requestOf(body), requestId: 'r1', nowSeconds: 99 })

const answerOf = (parts: readonly AnswerPart[], finish: Answer['candidates'][number]['finish'] = { reason: 'stop' }): Answer => ({
  id: 'up',
  model: 'up-model',
  created: 0,
  candidates: [{ index: 0, parts, finish }],
})

const messageOf = (answer: Answer, body: JsonObject = {}): JsonObject =>
  asObject(asObject(asArray(encodeAnswer(answer, contextFor(body))['choices'])[0])['message'])

test('chat to client: an answer has what the SDK wants', () => {
  const answer = {
    ...answerOf([{ kind: 'text', text: 'hi' }]),
    usage: { input: 3, output: 2, cacheRead: 1, cacheWrite: 0, reasoning: 1 },
  }
  assert.deepEqual(encodeAnswer(answer, contextFor()), {
    id: 'chatcmpl-r1',
    object: 'chat.completion',
    created: 99,
    model: 'up-model',
    choices: [{ index: 0, message: { role: 'assistant', content: 'hi', refusal: null }, logprobs: null, finish_reason: 'stop' }],
    usage: {
      prompt_tokens: 3,
      completion_tokens: 2,
      total_tokens: 5,
      prompt_tokens_details: { cached_tokens: 1 },
      completion_tokens_details: { reasoning_tokens: 1 },
    },
  })
})

const signed: readonly AnswerPart[] = [
  { kind: 'reasoning', text: 'first', opaque: [{ vendor: 'anthropic', kind: 'signature', data: 'A' }] },
  { kind: 'reasoning', text: 'second', opaque: [{ vendor: 'anthropic', kind: 'signature', data: 'B' }] },
  { kind: 'reasoning', text: '', opaque: [{ vendor: 'anthropic', kind: 'redacted', data: 'C' }] },
  { kind: 'text', text: 'hi', opaque: [{ vendor: 'gemini', kind: 'signature', data: 'D' }] },
  { kind: 'tool_call', id: 'c', name: 'f', args: '{}', opaque: [{ vendor: 'gemini', kind: 'signature', data: 'E' }] },
]

test('chat to client: signatures come back to the reasoning that they were made for', () => {
  const message = messageOf(answerOf(signed))
  assert.equal(message['reasoning_content'], 'firstsecond')
  assert.deepEqual(requestOf({ messages: [message] }).messages[0]?.parts, signed)
})

/** An answer as the events of a stream. */
function eventsFor(parts: readonly AnswerPart[]): readonly AnswerEvent[] {
  const events: AnswerEvent[] = [{ kind: 'start', id: 'x', model: 'up', created: 5 }]
  for (const [part, content] of parts.entries()) {
    if (!('text' in content) && content.kind !== 'tool_call') continue
    const opaque = 'opaque' in content && content.opaque !== undefined ? { opaque: content.opaque } : {}
    if (content.kind === 'tool_call') {
      events.push({ kind: 'part_start', candidate: 0, part, type: 'tool_call', id: content.id, name: content.name })
    } else events.push({ kind: 'part_start', candidate: 0, part, type: content.kind })
    events.push({ kind: 'part_delta', candidate: 0, part, text: content.kind === 'tool_call' ? content.args : content.text })
    events.push({ kind: 'part_end', candidate: 0, part, ...opaque })
  }
  return [...events, { kind: 'finish', candidate: 0, finish: { reason: 'stop' } }, { kind: 'end' }]
}

function chunksOf(events: readonly AnswerEvent[], body: JsonObject = {}): readonly unknown[] {
  const encode = encodeStream(contextFor(body))
  const frames = events
    .map(encode)
    .join('')
    .split('\n\n')
    .filter((frame) => frame !== '')
  return frames.map((frame) => (frame === 'data: [DONE]' ? '[DONE]' : JSON.parse(frame.slice('data: '.length))))
}

const deltasOf = (chunks: readonly unknown[]): readonly JsonObject[] =>
  chunks.flatMap((chunk) => asArray(asObject(chunk)['choices']).map((choice) => asObject(asObject(choice)['delta'])))

test('chat to client: signatures come back to their reasoning from a stream too, in one chunk', () => {
  const deltas = deltasOf(chunksOf(eventsFor(signed)))
  const reasoning = deltas.map((delta) => delta['reasoning_content'] ?? '').join('')
  const lists = deltas.flatMap((delta) => (delta['reasoning_details'] === undefined ? [] : [delta['reasoning_details']]))
  assert.equal(lists.length, 1)
  const extra = deltas
    .flatMap((delta) => asArray(delta['tool_calls']).map(asObject))
    .find((call) => call['extra_content'] !== undefined)
  const tool_calls = [
    { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' }, extra_content: extra?.['extra_content'] },
  ]
  const message = { role: 'assistant', content: 'hi', reasoning_content: reasoning, reasoning_details: lists[0], tool_calls }
  assert.deepEqual(requestOf({ messages: [message] }).messages[0]?.parts, signed)
})

test('chat to client: a stream is role, content, finish, usage and the end', () => {
  const events: readonly AnswerEvent[] = [
    ...eventsFor([{ kind: 'text', text: 'hi' }]).slice(0, -1),
    { kind: 'usage', usage: { input: 1, output: 2, cacheRead: 0, cacheWrite: 0, reasoning: 0 } },
    { kind: 'end' },
  ]
  const told = chunksOf(events, { stream: true, stream_options: { include_usage: true } })
  assert.deepEqual(deltasOf(told), [{ role: 'assistant', content: '' }, { content: 'hi' }, {}])
  const usages = told.map((chunk) => asObject(chunk)['usage'])
  assert.deepEqual(usages.slice(0, 3), [null, null, null])
  assert.equal(asObject(usages[3])['total_tokens'], 3)
  assert.equal(told.at(-1), '[DONE]')
  const quiet = chunksOf(events, { stream: true })
  assert.equal(quiet.length, 4)
  assert.ok(quiet.every((chunk) => chunk === '[DONE]' || !('usage' in asObject(chunk))))
})

test('chat to client: calls are numbered from 0 and begin with everything the SDK wants', () => {
  const deltas = deltasOf(
    chunksOf(
      eventsFor([
        { kind: 'text', text: 'a' },
        ...['x', 'y'].map((id) => ({ kind: 'tool_call', id, name: 'f', args: '{}' }) as const),
      ]),
    ),
  )
  const calls = deltas.flatMap((delta) => asArray(delta['tool_calls']))
  assert.deepEqual(calls, [
    { index: 0, id: 'x', type: 'function', function: { name: 'f', arguments: '' } },
    { index: 0, function: { arguments: '{}' } },
    { index: 1, id: 'y', type: 'function', function: { name: 'f', arguments: '' } },
    { index: 1, function: { arguments: '{}' } },
  ])
})

test('chat to client: every choice says its role and its finish once', () => {
  const at = (candidate: number): readonly AnswerEvent[] => [
    { kind: 'part_start', candidate, part: 0, type: 'text' },
    { kind: 'part_delta', candidate, part: 0, text: 'a' },
    { kind: 'part_end', candidate, part: 0 },
    { kind: 'finish', candidate, finish: { reason: 'length' } },
  ]
  const chunks = chunksOf([{ kind: 'start', id: '', model: 'm', created: 0 }, ...at(0), ...at(1), { kind: 'end' }])
  const choices = chunks.flatMap((chunk) => asArray(asObject(chunk)['choices']).map(asObject))
  for (const index of [0, 1]) {
    const own = choices.filter((choice) => choice['index'] === index)
    assert.equal(own.filter((choice) => asObject(choice['delta'])['role'] === 'assistant').length, 1)
    assert.deepEqual(
      own.flatMap((choice) => choice['finish_reason'] ?? []),
      ['length'],
    )
  }
})

test('chat to client: a failure is an error chunk and no end, at any time', () => {
  const failure: AnswerEvent = { kind: 'failure', failure: { kind: 'overloaded', phase: 'stream', message: 'busy', code: 'x' } }
  const error = { error: { message: 'busy', type: 'server_error', param: null, code: 'x' } }
  assert.deepEqual(chunksOf([failure]), [error])
  assert.deepEqual(chunksOf([...eventsFor([{ kind: 'text', text: 'a' }]).slice(0, 3), failure]).at(-1), error)
})

test('chat to client: who asks with functions is answered with a function call', () => {
  const body = { functions: [{ name: 'f' }] }
  const parts: readonly AnswerPart[] = [{ kind: 'tool_call', id: 'c', name: 'f', args: '{"a":1}' }]
  const message = messageOf(answerOf(parts, { reason: 'tool_calls' }), body)
  assert.deepEqual([message['function_call'], message['tool_calls']], [{ name: 'f', arguments: '{"a":1}' }, undefined])
  const deltas = deltasOf(chunksOf(eventsFor(parts), body))
  assert.deepEqual(
    deltas.flatMap((delta) => delta['function_call'] ?? []),
    [{ name: 'f', arguments: '' }, { arguments: '{"a":1}' }],
  )
})

test('chat to client: what was read whole is written as it was', () => {
  const message = {
    role: 'assistant',
    content: null,
    refusal: null,
    tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{"z":1,"a":1.0}' } }],
  }
  const decoded = decodeAnswer({ choices: [{ index: 0, message, finish_reason: 'tool_calls' }] }, contextOf())
  assert.ok(decoded.ok)
  assert.deepEqual(messageOf(decoded.value), message)
})

test('chat to client: what was written as a stream can be read', () => {
  const parts: readonly AnswerPart[] = [
    { kind: 'reasoning', text: 'hm' },
    { kind: 'text', text: 'hi' },
    { kind: 'tool_call', id: 'c', name: 'f', args: '{"a":1}' },
  ]
  const kinds = eventsOf(chunksOf(eventsFor(parts)), contextOf(), false).filter(({ kind }) => kind !== 'ping')
  const texts = kinds.flatMap((event) => (event.kind === 'part_delta' ? [event.text] : []))
  assert.deepEqual(texts, ['hm', 'hi', '{"a":1}'])
  assert.equal(kinds.at(-1)?.kind, 'end')
})
