import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc, { type Arbitrary } from 'fast-check'
import type { Answer, AnswerPart } from '#canonical/answer.ts'
import type { Json, Opaque, Part } from '#canonical/request.ts'
import { dialectByName } from '#dialect/registry.ts'
import { asArray, asObject } from '#lib/json.ts'
import {
  anthropicSignature,
  args,
  callId,
  geminiSignature,
  name,
  openaiEncrypted,
  type RoundTripDialect,
  signed,
  text,
} from './arbitrary-answers.ts'
import { plainRequest } from './plain-request.ts'
import { runs } from './runs.ts'

/** Where a client puts the answer that it was given, when it asks on. */
const histories: Readonly<Record<RoundTripDialect, (answer: Json) => Json>> = {
  'openai-chat': ({ choices }) => ({
    messages: [{ role: 'user', content: 'q' }, asObject(asArray(choices)[0])['message'], { role: 'user', content: 'so?' }],
  }),
  'openai-responses': ({ output }) => ({
    input: [{ role: 'user', content: 'q' }, ...asArray(output), { role: 'user', content: 'so?' }],
  }),
  anthropic: ({ content }) => ({
    max_tokens: 10,
    messages: [
      { role: 'user', content: 'q' },
      { role: 'assistant', content },
      { role: 'user', content: 'so?' },
    ],
  }),
  gemini: ({ candidates }) => ({
    contents: [
      { role: 'user', parts: [{ text: 'q' }] },
      asObject(asArray(candidates)[0])['content'],
      { role: 'user', parts: [{ text: 'so?' }] },
    ],
  }),
}

/** Whose data a call can carry in the dialect's own history; what is not among them is kept by the relay. */
const ofCalls: Readonly<Record<RoundTripDialect, Arbitrary<Opaque>>> = {
  'openai-chat': geminiSignature,
  'openai-responses': fc.oneof(geminiSignature, anthropicSignature),
  anthropic: fc.oneof(geminiSignature, anthropicSignature),
  gemini: fc.oneof(geminiSignature, anthropicSignature),
}
const anyOpaque = fc.oneof(anthropicSignature, geminiSignature, openaiEncrypted)

/** A thought (signed by whoever made it), a text, and calls. */
function partsOf(dialect: RoundTripDialect): Arbitrary<readonly AnswerPart[]> {
  const reasoning = signed(
    text.map((value): AnswerPart => ({ kind: 'reasoning', text: value })),
    anyOpaque,
  )
  const said = text.map((value): AnswerPart => ({ kind: 'text', text: value }))
  const call = signed(
    fc.record({ id: callId, name, args }).map((given): AnswerPart => ({ kind: 'tool_call', ...given })),
    ofCalls[dialect],
  )
  return fc
    .tuple(fc.option(reasoning), fc.option(said), fc.uniqueArray(call, { maxLength: 3, selector: idOf }))
    .map(([thought, words, calls]) => [thought, words, ...calls].filter((part) => part !== null))
    .filter((parts) => parts.length > 0)
}

function idOf(part: AnswerPart): string {
  return part.kind === 'tool_call' ? part.id : ''
}

const names: readonly RoundTripDialect[] = ['openai-chat', 'openai-responses', 'anthropic', 'gemini']

for (const dialectName of names) {
  const dialect = dialectByName(dialectName)

  test(`${dialectName}: what the relay answered comes back in the history as it was, with everybody's signatures`, () => {
    fc.assert(
      fc.property(partsOf(dialectName), (parts) => {
        const called = parts.some(({ kind }) => kind === 'tool_call')
        const answer: Answer = {
          id: 'a',
          model: 'm',
          created: 1,
          candidates: [{ index: 0, parts, finish: { reason: called ? 'tool_calls' : 'stop' } }],
        }
        const context = { request: plainRequest(dialectName), requestId: 'r1', nowSeconds: 1 }
        const written: unknown = JSON.parse(JSON.stringify(dialect.encodeAnswer(answer, context)))
        const body = { model: 'm', ...histories[dialectName](asObject(written)) }
        const call = { path: '/v1beta/models/m:generateContent', pathModel: 'm', query: new URLSearchParams(), headers: {}, body }
        const read = dialect.decodeRequest(call)
        assert.ok(read.ok, read.ok ? '' : read.error.message)
        const told = read.value.messages.filter(({ role }) => role === 'assistant').flatMap((message) => message.parts)
        assert.deepEqual(told.map(plain), parts)
      }),
      { numRuns: runs },
    )
  })
}

/** An empty list says as much as none. */
function plain(part: Part): Part {
  return part.kind === 'reasoning' && part.opaque?.length === 0 ? { kind: 'reasoning', text: part.text } : part
}
