import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnswerEvent } from '#canonical/answer.ts'
import { decodeAlike } from './alike.ts'
import type { FrameDecoder } from './dialect.ts'
import { matchShape, shapeOf } from './frame-shape.ts'

/** A decoder of frames `{"text":…}`, which counts how many it had to parse. */
function makeDecoder(emit: (event: AnswerEvent) => void): FrameDecoder & { readonly parsed: () => number } {
  let parsed = 0
  let begun = false
  const decoder = decodeAlike(
    (tell) => ({
      frame({ data }) {
        parsed++
        const { text }: { text: string } = JSON.parse(data)
        if (!begun) tell({ kind: 'part_start', candidate: 0, part: 0, type: 'text' })
        begun = true
        if (text !== '') tell({ kind: 'part_delta', candidate: 0, part: 0, text })
      },
      end: () => tell({ kind: 'end' }),
    }),
    emit,
  )
  return { ...decoder, parsed: () => parsed }
}

function texts(written: readonly string[]): { readonly texts: readonly string[]; readonly parsed: number } {
  const told: string[] = []
  const decoder = makeDecoder((event) => event.kind === 'part_delta' && told.push(event.text))
  for (const data of written) {
    const frame = { event: '', data }
    if (decoder.alike?.(frame) !== true) decoder.frame(frame)
  }
  return { texts: told, parsed: decoder.parsed() }
}

const frame = (text: string): string => JSON.stringify({ id: 'x', text, more: 'y' })

test('alike: after two frames that prove the shape none of its kind is parsed', () => {
  const words = ['one', 'two', 'three', 'four', 'five']
  assert.deepEqual(texts(words.map(frame)), { texts: words, parsed: 3 })
})

test('alike: escapes, quotes and backslashes at the end mean what JSON says', () => {
  const words = ['a', 'b', 'c', '"', '\\', '\\"', 'line\nbreak', 'ü 😀', '\\\\', 'end\\']
  assert.deepEqual(texts(words.map(frame)), { texts: words, parsed: 3 })
})

test('alike: another field, order or value is parsed again', () => {
  const written = [frame('a'), frame('b'), frame('c'), '{"text":"d","id":"x","more":"y"}', '{"id":"x","text":"e","more":"z"}']
  assert.deepEqual(texts(written), { texts: ['a', 'b', 'c', 'd', 'e'], parsed: 5 })
})

test('alike: what is not JSON is left to the decoder', () => {
  const shape = shapeOf({ event: '', data: frame('a') }, 'a')
  assert.ok(shape !== undefined)
  assert.equal(matchShape(shape, { event: '', data: '{"id":"x","text":"b","more":"y"}' }), 'b')
  for (const text of ['\u0001', '\\x', '', '\\u12'])
    assert.equal(matchShape(shape, { event: '', data: `{"id":"x","text":"${text}","more":"y"}` }), undefined)
  assert.equal(matchShape(shape, { event: 'other', data: frame('b') }), undefined)
  assert.equal(matchShape(shape, { event: '', data: `${frame('b')} ` }), undefined)
})

test('alike: counters and padding may differ', () => {
  const data = (text: string, number: number, padding: string): string =>
    `{"type":"t","sequence_number":${number},"delta":${JSON.stringify(text)},"logprobs":[],"obfuscation":"${padding}"}`
  const shape = shapeOf({ event: 't', data: data('a', 4, 'Zx3') }, 'a')
  assert.ok(shape !== undefined)
  assert.equal(matchShape(shape, { event: 't', data: data('b c', 12_345, '') }), 'b c')
  const spaced = (text: string, spaces: number): string => `{"delta":{"type":"text_delta","text":"${text}"}${' '.repeat(spaces)}}`
  const padded = shapeOf({ event: '', data: spaced('a', 0) }, 'a')
  assert.ok(padded !== undefined)
  assert.equal(matchShape(padded, { event: '', data: spaced('b', 9) }), 'b')
})

test('alike: a text that stands twice, or in no field for text, makes no shape', () => {
  assert.equal(shapeOf({ event: '', data: '{"text":"a","content":"a"}' }, 'a'), undefined)
  assert.equal(shapeOf({ event: '', data: '{"model":"a"}' }, 'a'), undefined)
  assert.equal(shapeOf({ event: '', data: '{"text":"\\u0061"}' }, 'a'), undefined)
})
