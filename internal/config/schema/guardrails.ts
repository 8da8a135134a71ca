import { type StaticDecode, Type } from 'typebox'
import type { Secret } from '../secrets.ts'
import { When } from './rules.ts'
import { Count, closed, Duration, SecretText, Size, Text, type WithDefaults, Word } from './units.ts'

/** Patterns that need not be written. */
export const builtInPatterns = ['email', 'phone', 'credit_card', 'iban', 'us_ssn', 'api_key', 'private_key', 'password'] as const

const OwnPattern = Type.Object(
  {
    name: Type.String({
      pattern: '^[a-z][a-z0-9_]{0,40}$',
      expects: 'a name such as order_number',
      description: 'Stands in the place of what is found, and in metrics.',
    }),
    pattern: Text(
      'A regular expression in RE2’s syntax: no look-around and no back references. Every text is searched in linear time.',
    ),
    max_length: Type.Optional(
      Count({
        minimum: 1,
        maximum: 4000,
        default: 100,
        description: 'The longest match, in characters: a stream whose answers are redacted holds back so many.',
      }),
    ),
  },
  closed,
)

const Redact = Type.Object(
  {
    patterns: Type.Array(
      Type.Union([Word([...builtInPatterns], { description: 'A built-in pattern.' }), OwnPattern], {
        expects: `one of ${builtInPatterns.join(', ')}, or a mapping with \`name\` and \`pattern\``,
      }),
      {
        minItems: 1,
        expects: `a list of ${builtInPatterns.join(', ')}, or mappings with \`name\` and \`pattern\``,
        description: 'What is looked for.',
      },
    ),
    in: Type.Optional(
      Type.Array(Word(['request', 'response'], { description: 'What leaves, or what comes back.' }), {
        minItems: 1,
        default: ['request'],
        expects: 'a list of request, response',
        description: 'Where it is looked for: in what leaves towards providers, in what comes back to the client, or in both.',
      }),
    ),
    with: Type.Optional(
      Type.String({
        default: '[{name}]',
        expects: 'a text',
        description: 'What takes its place; `{name}` is the name of the pattern.',
      }),
    ),
    on_match: Type.Optional(
      Word(['redact', 'deny'], {
        default: 'redact',
        description: 'Of requests: replace it, or refuse the request. In responses it is always replaced.',
      }),
    ),
  },
  { ...closed, description: 'Replaces what must not be read.' },
)

const Hook = Type.Object(
  {
    url: Type.String({
      pattern: '^https?://',
      expects: 'a URL',
      description: 'Asked by POST before the request goes anywhere; it may allow, deny or rewrite.',
    }),
    token: Type.Optional(SecretText('Sent as the bearer token. Empty or left out: none.')),
    timeout: Type.Optional(Duration({ default: '1s', description: 'How long its answer is waited for.' })),
    on_failure: Type.Optional(
      Word(['closed', 'open'], {
        default: 'closed',
        description: 'When it gives no answer: refuse the request (closed), or let it through (open).',
      }),
    ),
  },
  { ...closed, description: 'A server that decides.' },
)

/** An entry of `guardrails`. */
const Guardrail = Type.Object(
  {
    name: Type.Optional(Text('Its name in errors and metrics. Default: `guardrail-1` for the first, and so on.')),
    when: Type.Optional(When),
    max_request: Type.Optional(Size({ description: 'The largest body of a request.' })),
    max_response: Type.Optional(
      Size({ description: 'The largest answer, in characters of content. A stream ends there as if at its limit of tokens.' }),
    ),
    models: Type.Optional(
      Type.Array(Text('A model as clients name it; `*` stands for any characters.'), {
        minItems: 1,
        expects: 'a list of models',
        description: 'The only models that may be asked for.',
      }),
    ),
    redact: Type.Optional(Redact),
    hook: Type.Optional(Hook),
  },
  { ...closed, description: 'Looks at requests before they leave, and at answers before they come back.' },
)

export const Guardrails = Type.Array(Guardrail, {
  default: [],
  expects: 'a list of guardrails',
  description: 'All that fit a request apply, in their order. Off unless given.',
})

type Entry = StaticDecode<typeof Guardrail>
type OwnPatternConfig = WithDefaults<StaticDecode<typeof OwnPattern>, 'max_length'>
export type RedactConfig = Omit<WithDefaults<StaticDecode<typeof Redact>, 'in' | 'with' | 'on_match'>, 'patterns'> & {
  readonly patterns: readonly ((typeof builtInPatterns)[number] | OwnPatternConfig)[]
}
type HookEntry = WithDefaults<StaticDecode<typeof Hook>, 'timeout' | 'on_failure'>
export type GuardrailEntry = Omit<Entry, 'redact' | 'hook'> & { readonly redact?: RedactConfig; readonly hook?: HookEntry }

/** A guardrail with its name. */
export type GuardrailConfig = Omit<GuardrailEntry, 'name' | 'hook'> & {
  readonly name: string
  readonly hook?: Omit<HookEntry, 'token'> & { readonly token?: Secret }
}
