import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Answer, AnswerPart } from '#canonical/answer.ts'
import { fold } from './fold.ts'
import { unfold } from './unfold.ts'

const text = fc.string()
const part: fc.Arbitrary<AnswerPart> = fc.oneof(
  fc.record({ kind: fc.constant('text' as const), text }),
  fc.record({
    kind: fc.constant('text' as const),
    text,
    citations: fc.array(fc.record({ url: text, title: text }), { minLength: 1 }),
  }),
  fc.record({
    kind: fc.constant('reasoning' as const),
    text,
    opaque: fc.constant([{ vendor: 'v', kind: 'signature' as const, data: 's' }]),
  }),
  fc.record({ kind: fc.constant('refusal' as const), text }),
  fc.record({ kind: fc.constant('tool_call' as const), id: text, name: text, args: text }),
  fc.record({ kind: fc.constant('image' as const), mime: text, data: text }),
)
const answer: fc.Arbitrary<Answer> = fc.record({
  id: text,
  model: text,
  created: fc.nat(),
  candidates: fc
    .array(fc.array(part), { minLength: 1, maxLength: 3 })
    .map((all) => all.map((parts, index) => ({ index, parts, finish: { reason: 'stop' as const } }))),
  usage: fc.constant({ input: 1, output: 2, cacheRead: 0, cacheWrite: 0, reasoning: 0 }),
})

test('what is unfolded into events folds into the same answer', () => {
  fc.assert(fc.property(answer, (given) => assert.deepEqual(structuredClone(fold(unfold(given))), structuredClone(given))))
})

test('events without a finish are no answer', () => {
  assert.equal(fold([{ kind: 'start', id: '', model: 'm', created: 0 }]), undefined)
  assert.equal(fold([]), undefined)
})
