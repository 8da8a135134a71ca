import { type StaticDecode, Type } from 'typebox'
import { closed, formatDuration, parseDuration, type Whole, Word } from './units.ts'

/** How much of an answer is held back before the client sees anything. */
export type Hold =
  | { readonly kind: 'first_token' }
  | { readonly kind: 'tokens'; readonly tokens: number }
  | { readonly kind: 'duration'; readonly ms: number }

function parseHold(text: string): Hold {
  if (text === 'first_token') return { kind: 'first_token' }
  const tokens = /^(\d+) tokens$/.exec(text)?.[1]
  return tokens === undefined ? { kind: 'duration', ms: parseDuration(text) } : { kind: 'tokens', tokens: Number(tokens) }
}

function formatHold(hold: Hold): string {
  switch (hold.kind) {
    case 'first_token':
      return 'first_token'
    case 'tokens':
      return `${hold.tokens} tokens`
    case 'duration':
      return formatDuration(hold.ms)
  }
}

const HoldText = Type.Codec(
  Type.String({
    pattern: '^(first_token|\\d+ tokens|\\d+(\\.\\d+)?(ms|s|m|h))$',
    default: 'first_token',
    expects: 'first_token, a number of tokens such as `20 tokens`, or a duration such as 500ms',
    description:
      'What is held back before the client sees anything, so that a failure until then moves to another target unseen: until the first token, until so many tokens, or for so long.',
  }),
)
  .Decode(parseHold)
  .Encode(formatHold)

/** The fields of `stream`, which a model may have of its own too. */
export const streamFields = {
  on_break: Type.Optional(
    Word(['continue', 'error'], {
      default: 'continue',
      description: 'What follows when a stream breaks after its beginning: it goes on on another target, or ends with an error.',
    }),
  ),
  hold: Type.Optional(HoldText),
}

/** The block `stream`. */
export const Stream = Type.Object(streamFields, { ...closed, default: {}, description: 'How streams are handed on.' })

export type StreamConfig = Whole<StaticDecode<typeof Stream>>
