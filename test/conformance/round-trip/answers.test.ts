import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Answer, AnswerEvent, AnswerPart } from '#canonical/answer.ts'
import { unpackOpaque } from '#dialect/opaque.ts'
import { dialectByName } from '#dialect/registry.ts'
import { parseSse } from '#framing/sse-parse.ts'
import { compact } from '#lib/json.ts'
import { answerRanges, answersOf, type RoundTripDialect } from './arbitrary-answers.ts'
import { answerOf, eventsOf } from './events.ts'
import { plainContext, plainRequest } from './plain-request.ts'
import { runs } from './runs.ts'

const names: readonly RoundTripDialect[] = ['openai-chat', 'openai-responses', 'anthropic', 'gemini']

/** What is compared: not the id, which each answer gets anew, nor the provider's own words. */
function essence({ id: _id, usage, candidates, ...rest }: Answer): unknown {
  return {
    ...rest,
    usage: usage ?? null,
    candidates: candidates.map(({ finish: { raw: _raw, ...finish }, parts, ...candidate }) => ({
      ...candidate,
      parts: parts.map(unpacked),
      finish,
    })),
  }
}

/** Data that was packed in our own form says the same; an empty one marks reasoning that has none. */
function unpacked(part: AnswerPart): AnswerPart {
  if (part.kind !== 'reasoning' || part.opaque === undefined) return part
  const opaque = part.opaque.flatMap((entry) => unpackOpaque(String(entry.data)) ?? [entry])
  return { kind: part.kind, text: part.text, ...(opaque.length === 0 ? {} : { opaque }) }
}

for (const name of names) {
  const dialect = dialectByName(name)
  const context = { request: plainRequest(name), requestId: 'r1', nowSeconds: 1 }

  test(`${name}: an answer that is written and read again is the same`, () => {
    fc.assert(
      fc.property(answersOf(name), (answer) => {
        const body: unknown = JSON.parse(JSON.stringify(dialect.encodeAnswer(answer, context)))
        const read = dialect.decodeAnswer(body, plainContext(name))
        assert.ok(read.ok, read.ok ? '' : read.error.message)
        assert.deepEqual(essence(read.value), essence(written(answer, name)))
      }),
      { numRuns: runs },
    )
  })

  test(`${name}: a stream that is written, cut anywhere and read again is the same`, () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(answersOf(name), lengths, fc.boolean(), lengths, (answer, pieces, parallel, packets) => {
        const encode = dialect.encodeStream(context)
        const wire = Buffer.from(eventsOf(answer, { lengths: pieces, parallel }).map(encode).join(''))
        const events = readStream(name, wire, packets)
        // A stream has no event for the service tier.
        const { tier: _tier, ...expected } = written(answer, name)
        assert.deepEqual(essence(answerOf(events)), essence(expected))
      }),
      { numRuns: runs },
    )
  })
}

/** Anthropic always tells usage; where the answer has none, the numbers are 0. */
function written(answer: Answer, name: RoundTripDialect): Answer {
  if (answer.usage !== undefined || name !== 'anthropic') return compact({ ...answer })
  return { ...answer, usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 } }
}

function readStream(name: RoundTripDialect, wire: Buffer, packets: readonly number[]): readonly AnswerEvent[] {
  const events: AnswerEvent[] = []
  const decoder = dialectByName(name).decodeStream((event) => events.push(event), plainContext(name))
  const parser = parseSse((frame) => decoder.frame(frame))
  let at = 0
  for (let turn = 0; at < wire.length; turn++) {
    const length = (packets[turn % packets.length] ?? 1) * 7
    parser.push(wire.subarray(at, at + length))
    at += length
  }
  parser.end()
  decoder.end()
  return events.filter(({ kind }) => kind !== 'ping' && kind !== 'skipped')
}

test('every dialect that has both sides is tried', () => {
  assert.deepEqual(Object.keys(answerRanges).sort(), [...names].sort())
})
