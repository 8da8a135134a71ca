import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnswerEvent } from '#canonical/answer.ts'
import { joinContinuation, overlap, repeated } from './continue.ts'
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

const long = 'Once upon a time there was a relay that never lost a word, whatever happened behind it'
const beginnings: readonly { name: string; before: string; next: string; rest: string }[] = [
  { name: 'all of it again', before: long, next: `${long} in the night.`, rest: ' in the night.' },
  { name: 'after a line break', before: long, next: `\n${long} in the night.`, rest: ' in the night.' },
  { name: 'again and cut short', before: long, next: long.slice(0, 40), rest: '' },
  {
    name: 'again in other words',
    before: long,
    next: `${long.slice(0, 30)} brave relay, whatever happened behind it, and so on`,
    rest: ', and so on',
  },
  { name: 'a short text is no beginning', before: 'No', next: 'Nobody', rest: 'Nobody' },
]

for (const { name, before, next, rest } of beginnings) {
  test(`continuation that begins again: ${name}`, () => assert.equal(next.slice(repeated(before, next)), rest))
}

test('continuation: an answer that begins again is held back until its new words come', () => {
  const seen = trackAnswer()
  for (const event of broken.slice(0, -1)) seen.add(event)
  seen.add({ kind: 'part_delta', candidate: 0, part: 1, text: long.repeat(5) })
  const out: string[] = []
  const { emit } = joinContinuation(seen, (event) => out.push(event.kind === 'part_delta' ? event.text : event.kind))
  emit({ kind: 'part_start', candidate: 0, part: 0, type: 'text' })
  for (const piece of `${long.repeat(5)} The end.`.match(/.{1,50}/gs) ?? [])
    emit({ kind: 'part_delta', candidate: 0, part: 0, text: piece })
  emit({ kind: 'part_end', candidate: 0, part: 0 })
  assert.equal(out.slice(0, -1).join(''), ' The end.')
})

const broken: readonly AnswerEvent[] = [
  { kind: 'start', id: 'a', model: 'm', created: 1 },
  { kind: 'part_start', candidate: 0, part: 0, type: 'reasoning' },
  { kind: 'part_delta', candidate: 0, part: 0, text: 'hm' },
  { kind: 'part_end', candidate: 0, part: 0 },
  { kind: 'part_start', candidate: 0, part: 1, type: 'text' },
  { kind: 'part_delta', candidate: 0, part: 1, text: 'The quick brown fox ' },
]

function continueWith(events: readonly AnswerEvent[], before: readonly AnswerEvent[] = broken): AnswerEvent[] {
  const seen = trackAnswer()
  for (const event of before) seen.add(event)
  const out: AnswerEvent[] = []
  const { emit } = joinContinuation(seen, (event) => out.push(event))
  for (const event of events) emit(event)
  return out
}

test('continuation: what a closed text said is not said again in the next one', () => {
  const closed: readonly AnswerEvent[] = [...broken, { kind: 'part_end', candidate: 0, part: 1 }]
  const said = (text: string): readonly AnswerEvent[] => [
    { kind: 'part_start', candidate: 0, part: 0, type: 'text' },
    { kind: 'part_delta', candidate: 0, part: 0, text },
    { kind: 'part_end', candidate: 0, part: 0 },
    { kind: 'finish', candidate: 0, finish: { reason: 'stop' } },
  ]
  assert.deepEqual(continueWith(said('The quick brown fox jumps'), closed), [
    { kind: 'part_start', candidate: 0, part: 2, type: 'text' },
    { kind: 'part_delta', candidate: 0, part: 2, text: 'jumps' },
    { kind: 'part_end', candidate: 0, part: 2 },
    { kind: 'finish', candidate: 0, finish: { reason: 'stop' } },
  ])
  assert.deepEqual(continueWith(said('The quick brown fox '), closed), [
    { kind: 'finish', candidate: 0, finish: { reason: 'stop' } },
  ])
})

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
