import { type StaticDecode, Type } from 'typebox'
import { Amount, Count, closed, Duration, Ratio, type Whole, Word } from './units.ts'

const actions = ['same', 'next', 'larger', 'stop', 'rest_key'] as const
const action = (fallback: (typeof actions)[number], description: string) =>
  Type.Optional(Word([...actions], { default: fallback, description }))

const OnFailure = Type.Object(
  {
    server: action('same', 'HTTP 500 and the like: once more on the same target, then the next.'),
    overloaded: action('next', 'HTTP 503 and 529.'),
    rate_limit: action('next', 'HTTP 429. A Retry-After of up to 3 s is waited out on the same target, a longer one rests it.'),
    timeout: action('next', 'No sign of life in time. A silent provider is never asked twice.'),
    network: action('same', 'Refused, reset, closed early: once more on the same target, then the next.'),
    malformed: action('next', 'An answer that is none: HTML, broken JSON, empty.'),
    not_found: action('next', 'The provider does not know the model.'),
    context_length: action('larger', 'The prompt does not fit: only targets with a larger window are asked.'),
    content_filter: action('stop', 'The provider refuses the content: no laxer one is looked for unless told.'),
    auth: action('rest_key', 'The key is refused: another key, or the next target.'),
    billing: action('rest_key', 'No credit: another key, or the next target.'),
    invalid_request: action('stop', 'The request itself is at fault.'),
  },
  {
    ...closed,
    default: {},
    description:
      'What each class of failure leads to: `same` target once more, the `next` one, one with a `larger` window, `stop`, or `rest_key` (another key, then the next target).',
  },
)

const Backoff = Type.Object(
  {
    base: Type.Optional(Duration({ default: '500ms', description: 'The wait before the second attempt on a target.' })),
    factor: Type.Optional(Amount({ minimum: 1, maximum: 10, default: 2, description: 'By what each further wait is longer.' })),
    max: Type.Optional(Duration({ default: '8s', description: 'The longest wait. Not below `base`.' })),
    jitter: Type.Optional(
      Amount({ minimum: 0, maximum: 1, default: 0.2, description: 'By what share a wait is longer or shorter at random.' }),
    ),
  },
  { ...closed, default: {}, description: 'The waits between attempts.' },
)

/** The fields of `retry`, which a model may have of its own too. */
export const retryFields = {
  attempts: Type.Optional(
    Count({ minimum: 1, maximum: 20, default: 4, description: 'Requests to providers in total for one request of a client.' }),
  ),
  on_failure: Type.Optional(OnFailure),
  backoff: Type.Optional(Backoff),
  budget: Type.Optional(
    Ratio({ default: '20%', description: 'Retries as a share of requests over 10 s; at least 10 a second are allowed.' }),
  ),
}

/** The block `retry`. */
export const Retry = Type.Object(retryFields, {
  ...closed,
  default: {},
  description: 'When a request is tried again, and where.',
})

export type RetryConfig = Whole<StaticDecode<typeof Retry>>
