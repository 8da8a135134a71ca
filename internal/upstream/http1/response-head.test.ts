import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createHeadReader } from './response-head.ts'

const status = fc.constantFrom(
  'HTTP/1.1 200 OK',
  'HTTP/1.1 200 Fine',
  'HTTP/1.0 200 OK',
  'HTTP/1.1 429 Too Many Requests',
  'SSH-2.0',
)
const field = fc.constantFrom(
  'Content-Type: application/json',
  'content-type: text/plain',
  'Content-Length: 5',
  'Content-Length: 77',
  'Content-Length:  5 ',
  'Transfer-Encoding: chunked',
  'Connection: close',
  'Connection: keep-alive',
  'Keep-Alive: timeout=5',
  'Keep-Alive: timeout=50',
  'Set-Cookie: a',
  'Set-Cookie: b',
  '__proto__: a',
  '__proto__: b',
  'constructor: c',
  'X-Request-Id: 1',
  'X-Request-Id: 2',
  'X-Request-Id: ',
  'X-Request-Id: 1\r2',
  'no header',
  '',
)
const head = fc.tuple(status, fc.array(field, { maxLength: 6 })).map(([line, fields]) => [line, ...fields].join('\r\n'))

test('what was read before changes nothing of what a head says', () => {
  fc.assert(
    fc.property(fc.array(head, { maxLength: 8 }), (heads) => {
      const read = createHeadReader()
      const given = heads.map((text) => [text, read(text)] as const)
      // At the end, so that one that was changed later shows.
      for (const [text, said] of given) assert.deepEqual(said, createHeadReader()(text), JSON.stringify(text))
    }),
    { numRuns: 2000 },
  )
})

test('heads that differ in a value only', () => {
  const read = createHeadReader()
  const idOf = (id: string): unknown => {
    const head = read(`HTTP/1.1 200 OK\r\nServer: x\r\nX-Id: ${id}\r\nContent-Length: ${id.length}`)
    return head.ok ? [head.value.headers['x-id'], head.value.headers['server'], head.value.framing] : head.error
  }
  for (const id of ['a', 'bb', 'a', '']) assert.deepEqual(idOf(id), [id, 'x', { kind: 'length', bytes: id.length }])
})
