import fc, { type Arbitrary } from 'fast-check'
import type { Answer, AnswerPart, Candidate, Finish, FinishReason, Usage } from '#canonical/answer.ts'
import type { Opaque } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'

/** What a dialect can say of an answer: what it cannot is left out of the answers that it is tried with. */
export type AnswerRange = {
  readonly part: Arbitrary<AnswerPart>
  /** Brings parts into the order and the number that the dialect has a place for. */
  readonly arrange: (parts: readonly AnswerPart[]) => readonly AnswerPart[]
  readonly reasons: readonly FinishReason[]
  readonly candidates: number
  readonly usage: Arbitrary<Usage>
  /** Whether the time of the answer is told. */
  readonly timed: boolean
  /** Service tiers that are told; undefined where none is. */
  readonly tiers: readonly (string | undefined)[]
}

/** Text of every kind: several scripts, line breaks, what ends frames and what JSON escapes. */
export const text: Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '\n\n',
      '\r\n',
      'data: [DONE]',
      '"',
      '\\',
      '\u2028',
      '👩‍👩‍👧',
      'event: x\n',
      '[DONE]',
      '<think>',
      ' ',
    ),
  },
)

export const name: Arbitrary<string> = fc.stringMatching(/^[a-z][a-z0-9_]{0,15}$/)
export const callId: Arbitrary<string> = fc.stringMatching(/^call_[a-zA-Z0-9]{9}$/)
/** Arguments as `JSON.stringify` writes them: dialects that hold an object can give back no other spelling. */
export const args: Arbitrary<string> = fc
  .dictionary(name, fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null), fc.array(text, { maxLength: 2 })), {
    maxKeys: 3,
  })
  .map((value) => JSON.stringify(value))

const count = fc.integer({ min: 0, max: 100_000 })

function usageOf(more: (base: Usage, extra: number) => Partial<Usage>): Arbitrary<Usage> {
  return fc.tuple(count, count, count, count, count).map(([input, output, read, thought, extra]) => {
    const base: Usage = {
      input,
      output,
      cacheRead: Math.min(read, input),
      cacheWrite: 0,
      reasoning: Math.min(thought, output),
    }
    return { ...base, ...more(base, extra) }
  })
}

const part = {
  text: text.map((value): AnswerPart => ({ kind: 'text', text: value })),
  refusal: text.map((value): AnswerPart => ({ kind: 'refusal', text: value })),
  reasoning: text.map((value): AnswerPart => ({ kind: 'reasoning', text: value })),
  call: fc.record({ id: callId, name, args }).map((call): AnswerPart => ({ kind: 'tool_call', ...call })),
  image: fc
    .uint8Array({ minLength: 1, maxLength: 12 })
    .map((bytes): AnswerPart => ({ kind: 'image', mime: 'image/png', data: Buffer.from(bytes).toString('base64') })),
}

/** The part, now and then with data that only this vendor reads. */
export function signed(parts: Arbitrary<AnswerPart>, opaque: Arbitrary<Opaque>): Arbitrary<AnswerPart> {
  return fc
    .tuple(parts, fc.option(opaque, { nil: undefined }))
    .map(([given, data]) => (data === undefined || given.kind === 'server_tool' ? given : { ...given, opaque: [data] }))
}

const token = fc.base64String({ minLength: 8, maxLength: 24 })
export const anthropicSignature: Arbitrary<Opaque> = token.map((data) => ({ vendor: 'anthropic', kind: 'signature', data }))
export const anthropicRedacted: Arbitrary<Opaque> = token.map((data) => ({ vendor: 'anthropic', kind: 'redacted', data }))
export const geminiSignature: Arbitrary<Opaque> = token.map((data) => ({ vendor: 'gemini', kind: 'signature', data }))
export const openaiEncrypted: Arbitrary<Opaque> = fc
  .tuple(token, name)
  .map(([data, id]) => ({ vendor: 'openai', kind: 'encrypted', data, itemId: `rs_${id}` }))

/** All of one kind become the first of them: the dialect has one place for it. */
function atMostOne(parts: readonly AnswerPart[], kind: AnswerPart['kind']): readonly AnswerPart[] {
  return parts.filter((given) => given.kind === kind).slice(0, 1)
}

function of(parts: readonly AnswerPart[], kind: AnswerPart['kind']): readonly AnswerPart[] {
  return parts.filter((given) => given.kind === kind)
}

/** Ids name a call, so no two calls of an answer share one. */
function withOwnIds(parts: readonly AnswerPart[]): readonly AnswerPart[] {
  return parts.map((given, at) => (given.kind === 'tool_call' ? { ...given, id: `${given.id}${at}` } : given))
}

/** Neighbours of one kind would be read as one where the dialect does not number its parts. */
function withoutNeighbours(parts: readonly AnswerPart[], kinds: readonly AnswerPart['kind'][]): readonly AnswerPart[] {
  return parts.filter((given, at) => !(kinds.includes(given.kind) && parts[at - 1]?.kind === given.kind))
}

export const answerRanges = {
  'openai-chat': {
    part: fc.oneof(part.text, part.refusal, part.reasoning, signed(part.call, geminiSignature), part.image),
    arrange: (parts) => [
      ...atMostOne(parts, 'reasoning'),
      ...atMostOne(parts, 'text'),
      ...atMostOne(parts, 'refusal'),
      ...of(parts, 'tool_call'),
      ...of(parts, 'image'),
    ],
    reasons: ['stop', 'length', 'content_filter'],
    candidates: 3,
    usage: usageOf(({ input, cacheRead }, extra) => ({ cacheWrite: Math.min(extra, input - cacheRead) })),
    timed: true,
    tiers: [undefined, 'default', 'flex'],
  },
  'openai-responses': {
    part: fc.oneof(part.text, part.refusal, signed(part.reasoning, openaiEncrypted), part.call, part.image),
    arrange: (parts) => parts,
    reasons: ['stop', 'length', 'content_filter'],
    candidates: 1,
    usage: usageOf(() => ({})),
    timed: true,
    tiers: ['default', 'flex'],
  },
  anthropic: {
    part: fc.oneof(
      part.text,
      signed(part.reasoning, anthropicSignature),
      anthropicRedacted.map((data): AnswerPart => ({ kind: 'reasoning', text: '', opaque: [data] })),
      part.call,
    ),
    arrange: (parts) => parts,
    reasons: ['stop', 'length', 'stop_sequence', 'refusal', 'pause', 'context_window'],
    candidates: 1,
    usage: usageOf(({ input, cacheRead }, extra) => {
      const cacheWrite = Math.min(extra, input - cacheRead)
      return cacheWrite === 0 ? {} : { cacheWrite, cacheWrite1h: Math.ceil(cacheWrite / 2) }
    }),
    timed: false,
    tiers: [undefined],
  },
  gemini: {
    part: fc.oneof(
      signed(part.text, geminiSignature),
      part.reasoning,
      signed(part.call, geminiSignature),
      signed(part.image, geminiSignature),
    ),
    arrange: (parts) => withoutNeighbours(parts, ['text', 'reasoning']),
    reasons: ['stop', 'length', 'content_filter', 'malformed_tool_call'],
    candidates: 3,
    usage: usageOf(() => ({})),
    timed: false,
    tiers: [undefined],
  },
} satisfies Readonly<Record<string, AnswerRange>>

export type RoundTripDialect = keyof typeof answerRanges

/** Answers that the dialect can express. */
export function answersOf(dialect: RoundTripDialect): Arbitrary<Answer> {
  const range: AnswerRange = answerRanges[dialect]
  const candidate = fc
    .tuple(fc.array(range.part, { minLength: 1, maxLength: 5 }), fc.constantFrom(...range.reasons), name)
    .map(([parts, reason, word]) => {
      const arranged = withOwnIds(range.arrange(parts))
      return { parts: arranged, finish: finishFor(arranged, reason, word, dialect) }
    })
  return fc
    .record({
      model: name,
      created: fc.integer({ min: 1, max: 4_000_000_000 }),
      candidates: fc.array(candidate, { minLength: 1, maxLength: range.candidates }),
      usage: fc.option(range.usage, { nil: undefined }),
      tier: fc.constantFrom(...range.tiers),
    })
    .map(({ created, candidates, ...rest }) =>
      compact({
        ...rest,
        id: '',
        created: range.timed ? created : 0,
        candidates: candidates.map((given, index): Candidate => ({ index, ...given })),
      }),
    )
}

/** An answer that calls or refuses and says `stop` says so by what it holds. */
function finishFor(parts: readonly AnswerPart[], reason: FinishReason, word: string, dialect: RoundTripDialect): Finish {
  if (reason === 'stop_sequence') return { reason, sequence: word }
  if (reason !== 'stop') return { reason }
  const called = dialect === 'anthropic' ? parts.at(-1)?.kind === 'tool_call' : of(parts, 'tool_call').length > 0
  if (called) return { reason: 'tool_calls' }
  return of(parts, 'refusal').length > 0 ? { reason: 'refusal' } : { reason }
}
