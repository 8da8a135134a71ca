import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer, AnswerEvent, AnswerPart } from '#canonical/answer.ts'
import { cutAnswer, cutEvents } from './cut-at-stop.ts'

const usage = { input: 1, output: 9, cacheRead: 0, cacheWrite: 0, reasoning: 0 }

function streamed(chunks: readonly string[], sequences: readonly string[], last?: AnswerEvent): readonly AnswerEvent[] {
  const events: AnswerEvent[] = []
  const emit = cutEvents((event) => events.push(event), sequences)
  emit({ kind: 'start', id: 'x', model: 'm', created: 0 })
  emit({ kind: 'part_start', candidate: 0, part: 0, type: 'text' })
  for (const text of chunks) emit({ kind: 'part_delta', candidate: 0, part: 0, text })
  emit({ kind: 'part_end', candidate: 0, part: 0 })
  emit({ kind: 'finish', candidate: 0, finish: { reason: 'stop' } })
  emit({ kind: 'usage', usage })
  emit(last ?? { kind: 'end' })
  return events.filter(({ kind }) => kind !== 'skipped')
}

function textOf(events: readonly AnswerEvent[]): string {
  return events.map((event) => (event.kind === 'part_delta' ? event.text : '')).join('')
}

test('a stream ends before the first stop sequence, however its text is split', () => {
  const text = 'one OBSERVE two OBSERVATION: three'
  const sequences = ['OBSERVATION:', 'never']
  for (let first = 0; first <= text.length; first++)
    for (let second = first; second <= text.length; second += 3) {
      const events = streamed([text.slice(0, first), text.slice(first, second), text.slice(second)], sequences)
      assert.equal(textOf(events), 'one OBSERVE two ')
      const [end, finish, used, last] = events.slice(-4)
      assert.equal(end?.kind, 'part_end')
      assert.deepEqual(finish, {
        kind: 'finish',
        candidate: 0,
        finish: { reason: 'stop_sequence', sequence: 'OBSERVATION:' },
      })
      assert.deepEqual([used, last], [{ kind: 'usage', usage }, { kind: 'end' }])
    }
})

test('text that only looks like the beginning of a stop sequence is all there in the end', () => {
  for (const text of ['ends with OBSERV', 'STOP', 'no such word']) {
    const events = streamed([...text], ['OBSERVATION', 'STOPP'])
    assert.equal(textOf(events), text)
    assert.deepEqual(
      events.filter(({ kind }) => kind === 'finish'),
      [{ kind: 'finish', candidate: 0, finish: { reason: 'stop' } }],
    )
  }
})

test('a break after the stop sequence is none: the answer is complete', () => {
  const failure: AnswerEvent = { kind: 'failure', failure: { kind: 'network', phase: 'stream', message: 'broken' } }
  assert.equal(streamed(['a END b'], ['END'], failure).at(-1)?.kind, 'end')
  assert.equal(streamed(['a b'], ['END'], failure).at(-1)?.kind, 'failure')
})

test('each candidate ends by itself, and thoughts are not looked through', () => {
  const events: AnswerEvent[] = []
  const emit = cutEvents((event) => events.push(event), ['END'])
  emit({ kind: 'part_start', candidate: 0, part: 0, type: 'reasoning' })
  emit({ kind: 'part_delta', candidate: 0, part: 0, text: 'END of thought' })
  emit({ kind: 'part_end', candidate: 0, part: 0 })
  for (const candidate of [0, 1]) emit({ kind: 'part_start', candidate, part: 1, type: 'text' })
  emit({ kind: 'part_delta', candidate: 0, part: 1, text: 'first END x' })
  emit({ kind: 'part_delta', candidate: 1, part: 1, text: 'second' })
  emit({ kind: 'part_delta', candidate: 0, part: 1, text: 'unseen' })
  assert.equal(textOf(events), 'END of thoughtfirst second')
})

function cut(parts: readonly AnswerPart[], ...sequences: readonly string[]): Answer['candidates'][number] | undefined {
  const candidate = { index: 0, parts, finish: { reason: 'tool_calls' } } as const
  return cutAnswer({ id: 'x', model: 'm', created: 0, candidates: [candidate], usage }, sequences).candidates[0]
}

test('a whole answer ends before the first stop sequence, with all that follows', () => {
  const call: AnswerPart = { kind: 'tool_call', id: 'c', name: 'f', args: '{}' }
  const said: AnswerPart = {
    kind: 'text',
    text: 'a b END c',
    citations: [
      { url: 'https://a', start: 0, end: 1 },
      { url: 'https://c', start: 8, end: 9 },
    ],
  }
  assert.deepEqual(cut([said, call], 'END', 'c'), {
    index: 0,
    parts: [{ kind: 'text', text: 'a b ', citations: [{ url: 'https://a', start: 0, end: 1 }] }],
    finish: { reason: 'stop_sequence', sequence: 'END' },
  })
  assert.deepEqual(cut([said, call], 'never')?.parts, [said, call])
  assert.deepEqual(cut([said], 'a')?.parts, [])
})
