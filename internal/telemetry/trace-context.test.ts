import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readTraceContext, writeTraceContext } from './trace-context.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'

const unreadable: readonly (readonly [string, string])[] = [
  ['upper-case digits', `00-${traceId.toUpperCase()}-${spanId}-01`],
  ['a trace of zeros', `00-${'0'.repeat(32)}-${spanId}-01`],
  ['a span of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
  ['version ff', `ff-${traceId}-${spanId}-01`],
  ['more behind version 00', `00-${traceId}-${spanId}-01-more`],
  ['a short trace', `00-${traceId.slice(1)}-${spanId}-01`],
  ['no flags', `00-${traceId}-${spanId}`],
  ['a line break', `00-${traceId}-${spanId}-01\n`],
]

for (const [name, traceparent] of unreadable)
  test(`trace context: ${name} is no context`, () => assert.equal(readTraceContext({ traceparent }), undefined))

test('trace context: what is read is written again, with our span', () => {
  const read = readTraceContext({ traceparent: `00-${traceId}-${spanId}-01`, tracestate: 'a=1,b=2' })
  assert.ok(read)
  assert.deepEqual(writeTraceContext({ ...read, spanId: '1111111111111111' }), {
    traceparent: `00-${traceId}-1111111111111111-01`,
    tracestate: 'a=1,b=2',
  })
})

test('trace context: a later version is read as this one, its unknown flags are not passed on', () => {
  const read = readTraceContext({ traceparent: `cc-${traceId}-${spanId}-ff-what-ever` })
  assert.ok(read)
  assert.deepEqual(writeTraceContext(read), { traceparent: `00-${traceId}-${spanId}-01` })
})

test('trace context: several tracestate headers are one, one that is too long is left out', () => {
  const traceparent = `00-${traceId}-${spanId}-00`
  assert.equal(readTraceContext({ traceparent, tracestate: ['a=1', 'b=2'] })?.traceState?.serialize(), 'a=1,b=2')
  assert.equal(readTraceContext({ traceparent, tracestate: `a=${'x'.repeat(600)}` })?.traceState, undefined)
})

test('trace context: a tracestate that is no header is left out', () => {
  const traceparent = `00-${traceId}-${spanId}-00`
  assert.equal(readTraceContext({ traceparent, tracestate: 'a=1\r\nx-evil: 1' })?.traceState, undefined)
})
