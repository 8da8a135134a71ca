import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventStreamCodec, type MessageHeaders } from '@smithy/eventstream-codec'
import { fromUtf8, toUtf8 } from '@smithy/util-utf8'
import fc from 'fast-check'
import { parseEventStream } from './event-stream.ts'
import type { SseFrame } from './sse-parse.ts'

const codec = new EventStreamCodec(toUtf8, fromUtf8)

/** A message as Amazon's library writes it. */
function message(headers: Readonly<Record<string, string>>, payload: string, more: MessageHeaders = {}): Uint8Array {
  const texts = Object.entries(headers).map(([name, value]) => [name, { type: 'string', value }] as const)
  return codec.encode({ headers: { ...more, ...Object.fromEntries(texts) }, body: fromUtf8(payload) })
}

const event = (type: string, payload: string): Uint8Array =>
  message({ ':message-type': 'event', ':event-type': type, ':content-type': 'application/json' }, payload)

function parse(chunks: readonly Uint8Array[]) {
  const frames: SseFrame[] = []
  const faults: string[] = []
  const parser = parseEventStream(
    (frame) => frames.push(frame),
    (fault) => faults.push(fault),
  )
  for (const chunk of chunks) parser.push(chunk)
  parser.end()
  return { frames, faults }
}

const sent = [event('messageStart', '{"role":"assistant"}'), event('contentBlockDelta', '{"delta":{"text":"grüße 🌍"}}')]
const expected = [
  { event: 'messageStart', data: '{"role":"assistant"}' },
  { event: 'contentBlockDelta', data: '{"delta":{"text":"grüße 🌍"}}' },
]

test('event stream: messages of Amazon’s own library', () => {
  assert.deepEqual(parse(sent), { frames: expected, faults: [] })
})

test('event stream: however the bytes are cut, the frames are the same', () => {
  const bytes = Buffer.concat(sent)
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
      const places = [0, ...cuts.sort((a, b) => a - b), bytes.length]
      const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end))
      assert.deepEqual(parse(chunks), { frames: expected, faults: [] })
    }),
    { numRuns: 200 },
  )
})

test('event stream: a packet’s memory may be used again after it was pushed', () => {
  const bytes = Buffer.concat(sent)
  const frames: SseFrame[] = []
  const parser = parseEventStream((frame) => frames.push(frame))
  const packet = Buffer.alloc(7)
  for (let at = 0; at < bytes.length; at += 7) {
    const size = bytes.copy(packet, 0, at, at + 7)
    parser.push(packet.subarray(0, size))
    packet.fill(0)
  }
  assert.deepEqual(frames, expected)
})

test('event stream: exceptions and errors are marked', () => {
  const exception = message({ ':message-type': 'exception', ':exception-type': 'throttlingException' }, '{"message":"slow"}')
  const error = message({ ':message-type': 'error', ':error-code': 'InternalError', ':error-message': 'oops' }, '')
  assert.deepEqual(parse([exception, error]).frames, [
    { event: 'exception:throttlingException', data: '{"message":"slow"}' },
    { event: 'exception:InternalError', data: '{"message":"oops"}' },
  ])
})

test('event stream: headers of every type are skipped over', () => {
  const more: MessageHeaders = {
    yes: { type: 'boolean', value: true },
    no: { type: 'boolean', value: false },
    byte: { type: 'byte', value: 1 },
    short: { type: 'short', value: 2 },
    integer: { type: 'integer', value: 3 },
    binary: { type: 'binary', value: new Uint8Array([1, 2, 3]) },
    time: { type: 'timestamp', value: new Date(0) },
    uuid: { type: 'uuid', value: '01234567-89ab-cdef-0123-456789abcdef' },
  }
  const { frames } = parse([message({ ':message-type': 'event', ':event-type': 'x' }, 'y', more)])
  assert.deepEqual(frames, [{ event: 'x', data: 'y' }])
})

const damaged = (at: number): Uint8Array => {
  const bytes = Buffer.from(Buffer.concat(sent))
  bytes.writeUInt8((bytes[at] ?? 0) ^ 0xff, at)
  return bytes
}

const faults: readonly { readonly name: string; readonly bytes: Uint8Array; readonly frames: number; readonly fault: RegExp }[] =
  [
    { name: 'a damaged length', bytes: damaged(0), frames: 0, fault: /no event/ },
    { name: 'a damaged payload', bytes: damaged((sent[0]?.length ?? 0) + 110), frames: 1, fault: /damaged/ },
    { name: 'a page of HTML', bytes: Buffer.from('<html><body>502 Bad Gateway</body></html>'), frames: 0, fault: /no event/ },
  ]

for (const { name, bytes, frames, fault } of faults) {
  test(`event stream: ${name} is told once, and what came before stays`, () => {
    const read = parse([bytes])
    assert.match(read.faults[0] ?? '', fault)
    assert.equal(read.frames.length, frames)
    assert.equal(parse([bytes, bytes]).faults.length, 1)
  })
}

test('event stream: what is unfinished at the end is no event', () => {
  assert.deepEqual(parse([Buffer.concat(sent).subarray(0, -1)]), { frames: expected.slice(0, 1), faults: [] })
})
