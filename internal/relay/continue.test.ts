import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnswerEvent } from '#canonical/answer.ts'
import { joinContinuation, overlap } from './continue.ts'
import { trackAnswer } from './seen-answer.ts'

const cases: readonly { name: string; before: string; next: string; cut: number }[] = [
  { name: 'nothing is cut when nothing repeats', before: 'The fox jumps', next: ' over the dog', cut: 0 },
  { name: 'a repeated end is cut', before: 'The quick brown fox jumps', next: 'brown fox jumps over the dog', cut: 15 },
  { name: 'the whole text said again is cut', before: 'The quick brown fox', next: 'The quick brown fox jumps', cut: 19 },
  { name: 'a short match is chance', before: 'I have an', next: 'an apple', cut: 0 },
  { name: 'white space that the prefill left out is not doubled', before: 'Hello ', next: ' world', cut: 1 },
]

for (const { name, before, next, cut } of cases) {
  test(`continuation seam: ${name}`, () => assert.equal(overlap(before, next), cut))
}

const broken: readonly AnswerEvent[] = [
  { kind: 'start', id: 'a', model: 'm', created: 1 },
  { kind: 'part_start', candidate: 0, part: 0, type: 'reasoning' },
  { kind: 'part_delta', candidate: 0, part: 0, text: 'hm' },
  { kind: 'part_end', candidate: 0, part: 0 },
  { kind: 'part_start', candidate: 0, part: 1, type: 'text' },
  { kind: 'part_delta', candidate: 0, part: 1, text: 'The quick brown fox ' },
]

function continueWith(events: readonly AnswerEvent[]): AnswerEvent[] {
  const seen = trackAnswer()
  for (const event of broken) seen.add(event)
  const out: AnswerEvent[] = []
  const { emit } = joinContinuation(seen, (event) => out.push(event))
  for (const event of events) emit(event)
  return out
}

test('continuation: the open text part goes on, a second beginning and new reasoning are left out', () => {
  const out = continueWith([
    { kind: 'start', id: 'b', model: 'n', created: 2 },
    { kind: 'part_start', candidate: 0, part: 0, type: 'reasoning' },
    { kind: 'part_delta', candidate: 0, part: 0, text: 'I should go on' },
    { kind: 'part_end', candidate: 0, part: 0 },
    { kind: 'part_start', candidate: 0, part: 1, type: 'text' },
    { kind: 'part_delta', candidate: 0, part: 1, text: 'quick brown fox ' },
    { kind: 'part_delta', candidate: 0, part: 1, text: 'jumps' },
    { kind: 'part_end', candidate: 0, part: 1 },
    { kind: 'finish', candidate: 0, finish: { reason: 'stop' } },
    { kind: 'end' },
  ])
  assert.deepEqual(out, [
    { kind: 'part_delta', candidate: 0, part: 1, text: 'jumps' },
    { kind: 'part_end', candidate: 0, part: 1 },
    { kind: 'finish', candidate: 0, finish: { reason: 'stop' } },
    { kind: 'end' },
  ])
})

test('continuation: a tool call after the text gets a fresh part number', () => {
  const out = continueWith([
    { kind: 'part_start', candidate: 0, part: 0, type: 'tool_call', id: 'c', name: 'f' },
    { kind: 'part_delta', candidate: 0, part: 0, text: '{}' },
    { kind: 'part_end', candidate: 0, part: 0 },
  ])
  assert.deepEqual(
    out.map((event) => ('part' in event ? event.part : -1)),
    [2, 2, 2],
  )
})
