import { type StaticDecode, type TObject, type TProperties, Type } from 'typebox'

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** `50ms`, `1.5s`, `2m`, `1h` as milliseconds. Text of another form counts as 0: the pattern refuses it before. */
function parseDuration(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? []
  return Number(amount ?? 0) * (unitMs[unit ?? ''] ?? 0)
}

/** A duration in the file, milliseconds in the program. */
const duration = (options: { readonly default?: string; readonly description: string }) =>
  Type.Codec(Type.String({ pattern: '^\\d+(\\.\\d+)?(ms|s|m|h)$', ...options }))
    .Decode(parseDuration)
    .Encode((ms) => `${ms}ms`)

const words = <Words extends string[]>(
  list: readonly [...Words],
  options: { readonly default?: Words[number]; readonly description: string },
) => Type.Enum(list, options)

const status = (fallback: number, description: string) =>
  Type.Integer({ minimum: 400, maximum: 599, default: fallback, description })

const after = Type.Integer({ minimum: 0, default: 2, description: 'How many frames with content come first.' })

const before = (fallback: 'headers' | 'start' | 'content') =>
  words(['headers', 'start', 'content'], {
    default: fallback,
    description: 'Where it waits: before the headers, before the first frame, or behind the frames that only open the answer.',
  })

/** Which calls a rule is for; everything left out fits every call. */
const When = Type.Object(
  {
    provider: Type.Optional(Type.String({ description: "The mock provider's name." })),
    model: Type.Optional(Type.String({ description: 'The model asked for; `*` stands for any characters.' })),
    dialect: Type.Optional(
      words(['openai-chat', 'openai-responses', 'anthropic', 'gemini'], { description: 'The dialect spoken.' }),
    ),
    stream: Type.Optional(Type.Boolean({ description: 'Whether a stream was asked for.' })),
    key: Type.Optional(Type.String({ description: 'The key that the call came with.' })),
    operation: Type.Optional(
      words(['generate', 'count_tokens', 'embeddings', 'models', 'health', 'other', 'any'], {
        default: 'generate',
        description: 'What the call is for.',
      }),
    ),
    request: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1 }), Type.String({ pattern: '^(\\d+\\.\\.\\d*|\\.\\.\\d+|\\d+)$' })], {
        description: 'The numbers of the calls, among those that fit the rest: `3`, `2..5`, `4..`, `..2`. The first is 1.',
      }),
    ),
  },
  { additionalProperties: false },
)

function rule<const Kind extends string, Fields extends TProperties>(kind: Kind, fields: Fields) {
  return Type.Object(
    {
      kind: Type.Literal(kind),
      when: Type.Optional(When),
      rate: Type.Number({
        minimum: 0,
        maximum: 1,
        default: 1,
        description: 'The share of the fitting calls that get the fault.',
      }),
      times: Type.Optional(Type.Integer({ minimum: 1, description: 'How often at most.' })),
      ...fields,
    },
    { additionalProperties: false },
  )
}

/** Every kind of fault with its parameters: the schema is the reference. */
export const faultKinds = {
  rate_limit: rule('rate_limit', {
    retry_after: duration({ default: '1s', description: 'How long the caller shall wait.' }),
    hint: words(['vendor', 'seconds', 'milliseconds', 'date', 'none'], {
      default: 'vendor',
      description:
        'How it is told: as the vendor does it, or by `retry-after` in seconds, `retry-after-ms`, an HTTP date, not at all.',
    }),
  }),
  error: rule('error', {
    status: status(500, 'The HTTP status.'),
    body: words(['dialect', 'html', 'text', 'empty'], { default: 'dialect', description: 'The form of the body.' }),
  }),
  auth: rule('auth', {
    status: Type.Union([Type.Literal(401), Type.Literal(403)], { default: 401, description: '401 or 403.' }),
  }),
  billing: rule('billing', { status: status(402, '402, or 429 or 400 as some vendors do.') }),
  context_length: rule('context_length', {}),
  content_filter: rule('content_filter', {
    as: words(['error', 'finish'], {
      default: 'error',
      description: 'A 400 that refuses the request, or an answer that is broken off.',
    }),
  }),
  refused: rule('refused', { for: duration({ default: '1s', description: 'How long no connection is taken.' }) }),
  reset: rule('reset', {}),
  slow_first_token: rule('slow_first_token', {
    delay: duration({ default: '3s', description: 'How long the first content takes.' }),
    before: before('headers'),
  }),
  slow_chunks: rule('slow_chunks', {
    delay: duration({ default: '500ms', description: 'The pause before each frame with content.' }),
  }),
  silent_before: rule('silent_before', {
    for: Type.Optional(duration({ description: 'How long; until the caller leaves when left out.' })),
    before: before('headers'),
  }),
  silent: rule('silent', {
    after,
    for: Type.Optional(duration({ description: 'How long; until the caller leaves when left out.' })),
  }),
  cut: rule('cut', { after }),
  reset_mid_stream: rule('reset_mid_stream', { after }),
  disconnect_after: rule('disconnect_after', {
    bytes: Type.Integer({ minimum: 0, description: 'How many bytes of the body are sent.' }),
  }),
  malformed_event: rule('malformed_event', {
    after,
    // biome-ignore lint/suspicious/noThenProperty: the word of the fault file; its value is a text, so nothing that awaits a rule would call it.
    then: words(['continue', 'stop'], {
      default: 'continue',
      description: 'Whether the stream goes on behind the broken frame.',
    }),
  }),
  error_event: rule('error_event', {
    after: Type.Integer({
      minimum: 0,
      default: 2,
      description: 'How many frames with content come first; 0: behind the opening frames.',
    }),
    first: Type.Boolean({ default: false, description: 'The error is the very first frame.' }),
    status: status(529, 'The class of the error, as its HTTP status would be.'),
  }),
  empty_content: rule('empty_content', {}),
  empty_choices: rule('empty_choices', {}),
  unexpected_fields: rule('unexpected_fields', {}),
  html_200: rule('html_200', {}),
  truncated_json: rule('truncated_json', {}),
  wrong_content_type: rule('wrong_content_type', {
    type: Type.String({ default: 'text/plain', description: 'The content type.' }),
  }),
  no_done: rule('no_done', {}),
  not_streamed: rule('not_streamed', {}),
} satisfies Record<string, TObject>

/** The word of `kind`. */
export type FaultKind = keyof typeof faultKinds

/** A rule of a fault plan; durations in milliseconds, defaults filled in. */
export type FaultRule = { [Kind in FaultKind]: StaticDecode<(typeof faultKinds)[Kind]> }[FaultKind]

/** A rule of one kind. */
export type FaultOf<Kind extends FaultKind> = Extract<FaultRule, { readonly kind: Kind }>

/** How fast the mock answers when it is well. */
export const Latency = Type.Object(
  {
    first_token: duration({ default: '0ms', description: 'Before the first content, or before a whole answer.' }),
    chunk: duration({
      default: '0ms',
      description: 'Between frames with content; a whole answer takes it for each of its words.',
    }),
  },
  { additionalProperties: false, default: {} },
)

/** Faults that only a stream can have; a whole answer passes by. */
export const streamOnly: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'slow_chunks',
  'malformed_event',
  'error_event',
  'no_done',
  'not_streamed',
])
