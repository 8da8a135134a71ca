import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer, AnswerEvent } from '#canonical/answer.ts'
import type { AnswerContext } from '../dialect.ts'
import { openaiResponses } from './index.ts'
import { references } from './references.ts'
import { request } from './test-requests.ts'

const context: AnswerContext = { request: request({ input: 'Hi' }), requestId: 'r1', nowSeconds: 7 }

test('responses references: items of whole answers and of streams, by the ids that the client was given', () => {
  const answer: Answer = {
    id: 'x',
    model: 'm',
    created: 1,
    candidates: [{ index: 0, parts: [{ kind: 'text', text: 'Hello' }], finish: { reason: 'stop' } }],
  }
  const whole = references.told(openaiResponses.encodeAnswer(answer, context))
  const encode = openaiResponses.encodeStream(context)
  const events: readonly AnswerEvent[] = [
    { kind: 'start', id: 'x', model: 'm', created: 1 },
    { kind: 'part_start', candidate: 0, part: 0, type: 'text' },
    { kind: 'part_delta', candidate: 0, part: 0, text: 'Hello' },
    { kind: 'part_end', candidate: 0, part: 0 },
    { kind: 'finish', candidate: 0, finish: { reason: 'stop' } },
    { kind: 'end' },
  ]
  const streamed = references.told(events.map(encode).at(-1) ?? '')
  assert.deepEqual(
    whole.map(([id]) => id),
    ['msg_r1_0'],
  )
  assert.deepEqual(streamed, whole)
  assert.deepEqual(references.told('not JSON'), [])
})

test('responses references: ids become the items, unknown ones stay', () => {
  const item = { type: 'message', id: 'msg_1', role: 'assistant', content: [] }
  const find = (id: string): typeof item | undefined => (id === 'msg_1' ? item : undefined)
  const user = { role: 'user', content: 'Go on.', id: 'msg_1' }
  const unknown = { type: 'item_reference', id: 'msg_2' }
  const body = { model: 'm', input: [{ type: 'item_reference', id: 'msg_1' }, { id: 'msg_1' }, unknown, user] }
  assert.deepEqual(references.resolve(body, find), { model: 'm', input: [item, item, unknown, user] })
  for (const same of [{ input: 'text' }, { input: [user] }, { input: [unknown] }])
    assert.equal(references.resolve(same, find), same)
})
