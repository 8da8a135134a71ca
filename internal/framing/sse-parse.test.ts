import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSse, type SseFrame } from './sse-parse.ts'

function read(pieces: readonly (string | Uint8Array)[], maxFrameBytes?: number): { frames: SseFrame[]; overflows: number } {
  const frames: SseFrame[] = []
  let overflows = 0
  const parser = parseSse(
    (frame) => frames.push(frame),
    () => overflows++,
    maxFrameBytes,
  )
  for (const piece of pieces) parser.push(typeof piece === 'string' ? Buffer.from(piece) : piece)
  parser.end()
  return { frames, overflows }
}

const cases: readonly { name: string; text: string; frames: readonly SseFrame[] }[] = [
  { name: 'reads one frame', text: 'data: {"a":1}\n\n', frames: [{ event: '', data: '{"a":1}' }] },
  { name: 'reads CRLF', text: 'data: a\r\n\r\ndata: b\r\n\r\n', frames: ['a', 'b'].map((data) => ({ event: '', data })) },
  { name: 'reads lone CR', text: 'data: a\r\rdata: b\r\r', frames: ['a', 'b'].map((data) => ({ event: '', data })) },
  { name: 'keeps the event name', text: 'event: ping\ndata: {}\n\n', frames: [{ event: 'ping', data: '{}' }] },
  { name: 'joins data lines', text: 'data: a\ndata: b\n\n', frames: [{ event: '', data: 'a\nb' }] },
  {
    name: 'skips comments and unknown fields',
    text: ': hello\nid: 1\nretry: 5\ndata: a\n\n',
    frames: [{ event: '', data: 'a' }],
  },
  { name: 'skips frames without data', text: ': keepalive\n\nevent: x\n\ndata: a\n\n', frames: [{ event: '', data: 'a' }] },
  { name: 'takes a missing space after the colon', text: 'data:a\n\n', frames: [{ event: '', data: 'a' }] },
  { name: 'takes an empty data line', text: 'data\n\n', frames: [{ event: '', data: '' }] },
  {
    name: 'gives the last frame without its blank line',
    text: 'data: a\n\ndata: b',
    frames: ['a', 'b'].map((data) => ({ event: '', data })),
  },
  { name: 'ignores a byte order mark', text: '\ufeffdata: a\n\n', frames: [{ event: '', data: 'a' }] },
  { name: 'keeps characters of four bytes', text: 'data: 😀é\n\n', frames: [{ event: '', data: '😀é' }] },
]

for (const { name, text, frames } of cases) {
  test(`sse: ${name}`, () => assert.deepEqual(read([text]).frames, frames))
  test(`sse: ${name}, byte by byte`, () => {
    const bytes = [...Buffer.from(text)].map((byte) => Uint8Array.of(byte))
    assert.deepEqual(read(bytes).frames, frames)
  })
}

test('sse: a frame over the limit is dropped and told once, the next one is read', () => {
  const { frames, overflows } = read([`data: ${'x'.repeat(50)}\ndata: ${'y'.repeat(50)}\n\ndata: ok\n\n`], 20)
  assert.deepEqual(frames, [{ event: '', data: 'ok' }])
  assert.equal(overflows, 1)
})

test('sse: a line without an end is dropped once it is over the limit, and the next frame is read', () => {
  const pieces = Array.from({ length: 10 }, () => 'x'.repeat(10))
  const { frames, overflows } = read([`data: `, ...pieces, '\n\n', 'data: ok\n\n'], 20)
  assert.deepEqual(frames, [{ event: '', data: 'ok' }])
  assert.equal(overflows, 1)
})
