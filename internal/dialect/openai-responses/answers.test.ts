import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer, AnswerPart } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import type { AnswerContext, DecodeContext } from '../dialect.ts'
import { openaiResponses } from './index.ts'
import { openai, request } from './test-requests.ts'

const context: DecodeContext = { request: request({ input: 'Hi' }), target: openai }
const answering: AnswerContext = { request: context.request, requestId: 'r1', nowSeconds: 7 }

function answer(output: readonly Json[], more: Json = {}): Json {
  return { id: 'resp_1', object: 'response', created_at: 5, model: 'gpt-5.4', status: 'completed', error: null, output, ...more }
}

const parts: readonly AnswerPart[] = [
  { kind: 'reasoning', text: 'Hm', opaque: [{ vendor: 'openai', kind: 'encrypted', data: 'gAAA', itemId: 'rs_9' }] },
  {
    kind: 'server_tool',
    type: 'web_search_call',
    vendor: 'openai',
    raw: { id: 'ws_1', type: 'web_search_call', status: 'completed' },
  },
  { kind: 'text', text: 'I look it up.', phase: 'commentary' },
  { kind: 'text', text: 'See ', phase: 'final_answer' },
  { kind: 'refusal', text: 'No.' },
  { kind: 'tool_call', id: 'c1', name: 'add', args: '{"a":1}' },
  { kind: 'tool_call', id: 'c2', name: 'sql', args: 'SELECT 1', custom: true },
  { kind: 'image', mime: 'image/png', data: 'AAAA' },
]

test('responses answer: all parts come back as they were written', () => {
  const given: Answer = {
    id: 'x',
    model: 'm',
    created: 5,
    candidates: [{ index: 0, parts, finish: { reason: 'tool_calls' } }],
    usage: { input: 9, output: 5, cacheRead: 2, cacheWrite: 1, reasoning: 1 },
    tier: 'flex',
  }
  const written = openaiResponses.encodeAnswer(given, answering)
  assert.deepEqual(openaiResponses.decodeAnswer(written, context), {
    ok: true,
    value: { ...given, id: 'resp_r1', candidates: [{ index: 0, parts, finish: { reason: 'tool_calls', raw: 'completed' } }] },
  })
})

test('responses answer: reasoning of another vendor is packed, a foreign tool left out', () => {
  const foreign: readonly AnswerPart[] = [
    { kind: 'reasoning', text: 'Hm', opaque: [{ vendor: 'anthropic', kind: 'signature', data: 'sig' }] },
    { kind: 'server_tool', type: 'server_tool_use', vendor: 'anthropic', raw: { type: 'server_tool_use', id: 's' } },
  ]
  const written = openaiResponses.encodeAnswer(
    { id: 'x', model: 'm', created: 0, candidates: [{ index: 0, parts: foreign, finish: { reason: 'length' } }] },
    answering,
  )
  assert.deepEqual(
    [written['status'], written['incomplete_details'], written['created_at'], written['store']],
    ['incomplete', { reason: 'max_output_tokens' }, 7, false],
  )
  const back = request({ input: written['output'] }).messages
  assert.deepEqual(back, [{ role: 'assistant', parts: [foreign[0]] }])
})

const finishes: readonly { name: string; body: Json; reason: string }[] = [
  { name: 'completed', body: answer([]), reason: 'stop' },
  {
    name: 'cut at the limit',
    body: answer([], { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }),
    reason: 'length',
  },
  {
    name: 'filtered',
    body: answer([], { status: 'incomplete', incomplete_details: { reason: 'content_filter' } }),
    reason: 'content_filter',
  },
  { name: 'calling', body: answer([{ type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' }]), reason: 'tool_calls' },
  { name: 'refused', body: answer([{ type: 'message', content: [{ type: 'refusal', refusal: 'No.' }] }]), reason: 'refusal' },
]

for (const { name, body, reason } of finishes) {
  test(`responses answer: one that is ${name}`, () => {
    const result = openaiResponses.decodeAnswer(body, context)
    assert.ok(result.ok)
    assert.equal(result.value.candidates[0]?.finish.reason, reason)
  })
}

const failures: readonly { name: string; body: unknown; kind: string }[] = [
  { name: 'text', body: '<html>', kind: 'malformed' },
  { name: 'an object of another API', body: { choices: [] }, kind: 'malformed' },
  { name: 'an error', body: { error: { message: 'Boom', type: 'server_error' } }, kind: 'server' },
  {
    name: 'a failed response',
    body: answer([], { status: 'failed', error: { code: 'rate_limit_exceeded', message: 'Slow down.' } }),
    kind: 'rate_limit',
  },
  { name: 'a response without a reason for its failure', body: answer([], { status: 'failed' }), kind: 'server' },
  { name: 'an unfinished response', body: answer([], { status: 'in_progress' }), kind: 'malformed' },
]

for (const { name, body, kind } of failures) {
  test(`responses answer: ${name} is a failure`, () => {
    const result = openaiResponses.decodeAnswer(body, context)
    assert.ok(!result.ok)
    assert.equal(result.error.kind, kind)
    assert.equal(result.error.phase, 'body')
  })
}

test('responses answer: what was asked for in the background may be unfinished', () => {
  const background = { ...context, request: request({ input: 'Hi', background: true }) }
  assert.ok(openaiResponses.decodeAnswer(answer([], { status: 'queued' }), background).ok)
})
