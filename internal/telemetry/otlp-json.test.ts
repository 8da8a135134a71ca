import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Attributes, createTraceState, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import fc from 'fast-check'
import { createSerializer } from './otlp-json.ts'
import { finishedSpan, type SpanFacts, type SpanSource } from './span.ts'

const source: SpanSource = {
  resource: resourceFromAttributes({ 'service.name': 'out"rigger', 'process.pid': 7 }),
  scope: { name: 'outrigger', version: '0.1.0' },
}
const noEnd = Number.POSITIVE_INFINITY

function read(bytes: Uint8Array | undefined): unknown {
  return JSON.parse(new TextDecoder().decode(bytes))
}

const hex = (digits: number): fc.Arbitrary<string> =>
  fc.string({ minLength: digits, maxLength: digits, unit: fc.constantFrom(...'0123456789abcdef') })
const attributes: fc.Arbitrary<Attributes> = fc.dictionary(
  fc.string({ unit: 'grapheme', maxLength: 8 }).filter((key) => key !== '__proto__'),
  fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.array(fc.string()),
    fc.array(fc.integer(), { maxLength: 3 }),
  ),
)
const context = fc.record({
  traceId: hex(32),
  spanId: hex(16),
  traceFlags: fc.constant(1),
  isRemote: fc.boolean(),
  traceState: fc.constantFrom(createTraceState('a=1,b="2'), createTraceState('x=y')),
})
const ms = fc.double({ min: 0, max: 4e12, noNaN: true })
const facts: fc.Arbitrary<SpanFacts> = fc.record({
  name: fc.string({ unit: 'grapheme' }),
  kind: fc.constantFrom(SpanKind.SERVER, SpanKind.CLIENT),
  context: fc.oneof(
    context,
    context.map(({ traceState: _, ...rest }) => rest),
  ),
  parent: fc.option(context, { nil: undefined }),
  startMs: ms,
  endMs: ms,
  status: fc.constantFrom({ code: SpanStatusCode.UNSET }, { code: SpanStatusCode.ERROR, message: 'über\n"' }),
  attributes,
  events: fc.array(fc.record({ name: fc.string(), atMs: ms, attributes }), { maxLength: 3 }),
})

test('OTLP: what is written is what the SDK’s own serializer writes', () => {
  const ours = createSerializer(source, noEnd)
  fc.assert(
    fc.property(fc.array(facts, { minLength: 1, maxLength: 4 }), (all) => {
      const spans = all.map((each) => finishedSpan(each, source))
      assert.deepEqual(read(ours.serializeRequest(spans)), read(JsonTraceSerializer.serializeRequest(spans)))
    }),
    { numRuns: 300 },
  )
})

test('OTLP: values of an attribute that has many are written as well as those of one that has few', () => {
  const ours = createSerializer(source, noEnd)
  const base: SpanFacts = {
    name: 'n',
    kind: SpanKind.SERVER,
    context: { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 },
    parent: undefined,
    startMs: 1,
    endMs: 2,
    status: { code: SpanStatusCode.UNSET },
    attributes: {},
    events: [],
  }
  const spans = Array.from({ length: 2000 }, (_, index) =>
    finishedSpan({ ...base, attributes: { many: `id-${index}`, few: index % 3, kind: index % 2 === 0 ? 1 : '1' } }, source),
  )
  assert.deepEqual(read(ours.serializeRequest(spans)), read(JsonTraceSerializer.serializeRequest(spans)))
  assert.deepEqual(read(ours.serializeRequest(spans)), read(JsonTraceSerializer.serializeRequest(spans)))
})

test('OTLP: long values are cut', () => {
  const span = finishedSpan(
    {
      name: 'n',
      kind: SpanKind.CLIENT,
      context: { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 },
      parent: undefined,
      startMs: 5,
      endMs: 2,
      status: { code: SpanStatusCode.UNSET },
      attributes: { long: 'x'.repeat(50), list: ['y'.repeat(50)] },
      events: [],
    },
    source,
  )
  const text = new TextDecoder().decode(createSerializer(source, 10).serializeRequest([span]))
  assert.match(text, /"stringValue":"x{10}"/)
  assert.match(text, /"stringValue":"y{10}"/)
  assert.equal(span.endTime[1], span.startTime[1], 'no span ends before it begins')
})
