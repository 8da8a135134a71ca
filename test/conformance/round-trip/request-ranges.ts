import fc, { type Arbitrary } from 'fast-check'
import type { Params, Part, Reasoning, Request } from '#canonical/request.ts'
import type { ReasoningTraits } from '#dialect/quirks.ts'
import { compact } from '#lib/json.ts'
import { anthropicSignature, geminiSignature, name, openaiEncrypted, type RoundTripDialect, text } from './arbitrary-answers.ts'

/** What a dialect can say of a request: what it cannot is left out of the requests that it is tried with. */
export type RequestRange = {
  readonly params: Arbitrary<Params>
  /** How the tried model is told to reason, and what is asked of it. */
  readonly reasons: ReasoningTraits
  readonly reasoning: Arbitrary<Reasoning>
  /** Thoughts of earlier turns, as the dialect's own vendor signs them. Chat Completions has no place for them. */
  readonly thought: Arbitrary<Part> | undefined
  readonly media: Arbitrary<Part>
  readonly more: Arbitrary<Partial<Request>>
}

const share = fc.integer({ min: 0, max: 100 }).map((value) => value / 100)
const penalty = fc.integer({ min: -20, max: 20 }).map((value) => value / 10)
const integer = fc.integer({ min: 0, max: 2 ** 31 - 1 })
const stop = (most: number): Arbitrary<readonly string[]> =>
  fc.uniqueArray(
    text.filter((value) => value.trim() !== ''),
    { minLength: 1, maxLength: most },
  )
const bytes = fc.uint8Array({ minLength: 3, maxLength: 12 }).map((value) => Buffer.from(value).toString('base64'))
const metadata = fc.dictionary(name, name, { minKeys: 1, maxKeys: 3 }).map((entries) => ({ ...entries }))
const biases = fc
  .dictionary(fc.stringMatching(/^[1-9]\d{0,4}$/), fc.integer({ min: -100, max: 100 }), { minKeys: 1, maxKeys: 3 })
  .map((entries) => ({ ...entries }))
const tier = fc.constantFrom('auto', 'default', 'flex', 'priority')
const cache = name.map((key) => ({ key }))

const image: Arbitrary<Part> = bytes.map((data) => ({ kind: 'image', source: { kind: 'base64', data }, mime: 'image/png' }))
const linked: Arbitrary<Part> = name.map((word) => ({
  kind: 'image',
  source: { kind: 'url', url: `https://example.com/${word}` },
}))
/** OpenAI's images say how closely they are to be looked at. */
const detailed: Arbitrary<Part> = fc
  .tuple(fc.oneof(image, linked), fc.constantFrom('auto', 'low', 'high'))
  .map(([part, detail]) => (part.kind === 'image' ? { ...part, detail } : part))
const document: Arbitrary<Part> = bytes.map((data) => ({
  kind: 'file',
  source: { kind: 'base64', data },
  mime: 'application/pdf',
}))
const named: Arbitrary<Part> = fc
  .tuple(bytes, name)
  .map(([data, word]) => ({ kind: 'file', source: { kind: 'base64', data }, mime: 'application/pdf', name: `${word}.pdf` }))

/** A thought with the vendor's own signature: without one it would be nobody's. */
function thoughtOf(opaque: typeof anthropicSignature): Arbitrary<Part> {
  return fc.tuple(text, opaque).map(([value, data]) => ({ kind: 'reasoning', text: value, opaque: [data] }))
}

const efforts = ['minimal', 'low', 'medium', 'high'] as const

export const requestRanges: Readonly<Record<RoundTripDialect, RequestRange>> = {
  'openai-chat': {
    params: fc.record(
      {
        maxOutput: fc.integer({ min: 1, max: 32_000 }),
        stop: stop(4),
        candidates: fc.integer({ min: 2, max: 8 }),
        temperature: share,
        topP: share,
        presencePenalty: penalty,
        frequencyPenalty: penalty,
        seed: integer,
        logitBias: biases,
        logprobs: fc.record({ top: fc.integer({ min: 0, max: 20 }) }),
      },
      { requiredKeys: [] },
    ),
    reasons: { kind: 'effort', efforts: [...efforts] },
    reasoning: fc.record({ effort: fc.constantFrom(...efforts) }),
    thought: undefined,
    media: fc.oneof(detailed, named),
    more: fc.record({ endUser: name, metadata, tier, cache }, { requiredKeys: [] }),
  },
  'openai-responses': {
    params: fc.record(
      {
        maxOutput: fc.integer({ min: 16, max: 32_000 }),
        temperature: share,
        topP: share,
        maxToolCalls: fc.integer({ min: 1, max: 9 }),
        logprobs: fc.record({ top: fc.integer({ min: 0, max: 20 }) }),
      },
      { requiredKeys: [] },
    ),
    reasons: { kind: 'effort', efforts: [...efforts] },
    reasoning: fc.record(
      { effort: fc.constantFrom(...efforts), visible: fc.constant<'summary'>('summary') },
      { requiredKeys: ['effort'] },
    ),
    thought: thoughtOf(openaiEncrypted),
    media: fc.oneof(detailed, named),
    more: fc.record({ endUser: name, tier, cache }, { requiredKeys: [] }),
  },
  anthropic: {
    params: fc.record(
      {
        maxOutput: fc.integer({ min: 8000, max: 32_000 }),
        stop: stop(4),
        temperature: share,
        topP: share,
        topK: fc.integer({ min: 1, max: 500 }),
      },
      { requiredKeys: ['maxOutput'] },
    ),
    reasons: { kind: 'budget', min: 1024, max: 32_000 },
    reasoning: fc.record({ budgetTokens: fc.integer({ min: 1024, max: 6000 }), visible: fc.constant<'summary'>('summary') }),
    thought: thoughtOf(anthropicSignature),
    media: fc.oneof(image, linked, document),
    more: fc.record({ endUser: name }, { requiredKeys: [] }),
  },
  gemini: {
    params: fc.record(
      {
        maxOutput: fc.integer({ min: 1, max: 32_000 }),
        stop: stop(5),
        candidates: fc.integer({ min: 2, max: 8 }),
        temperature: share,
        topP: share,
        topK: fc.integer({ min: 1, max: 40 }),
        presencePenalty: penalty,
        frequencyPenalty: penalty,
        seed: integer,
        logprobs: fc.record({ top: fc.integer({ min: 1, max: 20 }) }),
      },
      { requiredKeys: [] },
    ),
    reasons: { kind: 'budget', min: 0, max: 32_000, off: 0 },
    reasoning: fc
      .tuple(fc.integer({ min: 1, max: 24_000 }), fc.boolean())
      .map(([budgetTokens, shown]) => compact({ budgetTokens, visible: shown ? ('full' as const) : undefined })),
    thought: thoughtOf(geminiSignature),
    media: fc.oneof(image, document),
    more: fc.constant({}),
  },
}
