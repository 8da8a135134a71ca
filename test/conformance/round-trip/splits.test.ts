import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AnswerEvent } from '#canonical/answer.ts'
import { dialectByName } from '#dialect/registry.ts'
import { parseSse } from '#framing/sse-parse.ts'
import { isStream, type Recording, readRecordings, wireOf } from '../../support/recordings.ts'
import type { RoundTripDialect } from './arbitrary-answers.ts'
import { plainContext } from './plain-request.ts'
import { runs } from './runs.ts'

const dialects: Readonly<Record<string, RoundTripDialect>> = {
  chat: 'openai-chat',
  responses: 'openai-responses',
  messages: 'anthropic',
  'generate-content': 'gemini',
}

type Stream = { readonly recording: Recording; readonly wire: Buffer; readonly whole: readonly AnswerEvent[] }

/** Byte by byte only what is short: the long ones hold nothing that the short ones do not. */
const shortBytes = 8192

const streams: readonly Stream[] = readRecordings(Object.keys(dialects))
  .filter((recording) => isStream(recording) && recording.response.status === 200)
  .map((recording) => {
    const wire = Buffer.from(wireOf(recording).text)
    return { recording, wire, whole: decode(recording, wire, [wire.length]) }
  })

/** The events of the stream when it comes in packets of these lengths, over and over. */
function decode({ api }: Recording, wire: Buffer, lengths: readonly number[]): readonly AnswerEvent[] {
  const name = dialects[api]
  assert.ok(name)
  const events: AnswerEvent[] = []
  const decoder = dialectByName(name).decodeStream((event) => events.push(event), plainContext(name))
  const parser = parseSse((frame) => decoder.frame(frame))
  let at = 0
  for (let turn = 0; at < wire.length; turn++) {
    const length = Math.max(1, lengths[turn % lengths.length] ?? 1)
    parser.push(wire.subarray(at, at + length))
    at += length
  }
  parser.end()
  decoder.end()
  return events.map((event) => withoutMadeId(event, wire))
}

/** A call that came without an id gets a new one each time. */
function withoutMadeId(event: AnswerEvent, wire: Buffer): AnswerEvent {
  if (event.kind !== 'part_start' || event.type !== 'tool_call' || wire.includes(event.id)) return event
  return { ...event, id: 'made' }
}

test('recorded streams are the same however their bytes are cut', (t) => {
  assert.ok(streams.length >= 15, `only ${streams.length} recorded streams`)
  for (const { recording, wire, whole } of streams) {
    for (const length of wire.length <= shortBytes ? [1, 2, 3, 61] : [61, 1021])
      assert.deepEqual(decode(recording, wire, [length]), whole, `${recording.path} in packets of ${length}`)
  }
  t.diagnostic(`${streams.length} streams`)
})

test('recorded streams are the same in packets of random lengths', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(fc.nat(streams.length - 1), lengths, (index, cuts) => {
      const stream = streams[index]
      assert.ok(stream)
      assert.deepEqual(decode(stream.recording, stream.wire, cuts), stream.whole, stream.recording.path)
    }),
    { numRuns: runs },
  )
})

test('recorded streams are the same with any line ends, and with comments between their events', () => {
  for (const { recording, wire, whole } of streams) {
    for (const end of ['\n', '\r\n', '\r']) {
      const lines = wire.toString('utf8').split(/\r\n|\n|\r/)
      const text = lines.map((line) => (line === '' ? `${end}: a comment${end}` : line + end)).join('')
      assert.deepEqual(decode(recording, Buffer.from(text), [509]), whole, `${recording.path} with ${JSON.stringify(end)}`)
    }
  }
})
