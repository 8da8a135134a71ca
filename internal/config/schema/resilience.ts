import { type StaticDecode, Type } from 'typebox'
import { Duration, Ratio, Word } from './units.ts'

const closed = { additionalProperties: false } as const
const action = (fallback: 'same' | 'next' | 'larger' | 'stop' | 'rest_key', description: string) =>
  Type.Optional(Word(['same', 'next', 'larger', 'stop', 'rest_key'], { default: fallback, description }))

export const OnFailure = Type.Object(
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
  { ...closed, default: {}, description: 'What each class of failure leads to.' },
)

export const Retry = Type.Object(
  {
    attempts: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 20,
        default: 4,
        description: 'Requests to providers in total for one request of a client.',
      }),
    ),
    on_failure: Type.Optional(OnFailure),
    backoff: Type.Optional(
      Type.Object(
        {
          base: Type.Optional(Duration({ default: '500ms', description: 'The wait before the second attempt.' })),
          factor: Type.Optional(
            Type.Number({ minimum: 1, maximum: 10, default: 2, description: 'By what each further wait is longer.' }),
          ),
          max: Type.Optional(Duration({ default: '8s', description: 'The longest wait.' })),
          jitter: Type.Optional(
            Type.Number({
              minimum: 0,
              maximum: 1,
              default: 0.2,
              description: 'By what share a wait is longer or shorter at random.',
            }),
          ),
        },
        { ...closed, default: {}, description: 'The waits between attempts.' },
      ),
    ),
    budget: Type.Optional(
      Ratio({ default: '20%', description: 'Retries as a share of requests over 10 s; at least 10 a second are allowed.' }),
    ),
  },
  { ...closed, default: {}, description: 'When a request is tried again, and where.' },
)

export const Breaker = Type.Object(
  {
    consecutive_errors: Type.Optional(
      Type.Integer({ minimum: 1, default: 3, description: 'Errors in a row that open the breaker.' }),
    ),
    error_rate: Type.Optional(Ratio({ default: '50%', description: 'Share of errors in the window that opens it.' })),
    min_requests: Type.Optional(
      Type.Integer({ minimum: 1, default: 20, description: 'Requests in the window before its error rate counts.' }),
    ),
    open_for: Type.Optional(
      Duration({ default: '30s', description: 'How long it stays open the first time; doubled each time a trial fails.' }),
    ),
    max_open_for: Type.Optional(Duration({ default: '5m', description: 'The longest it stays open.' })),
    return: Type.Optional(
      Word(['gradual', 'at_once'], { default: 'gradual', description: 'How traffic returns after a successful trial.' }),
    ),
  },
  { ...closed, default: {}, description: 'Takes a target that keeps failing out of the rotation.' },
)

export const Timeouts = Type.Object(
  {
    connect: Type.Optional(Duration({ default: '2s', description: 'To a connection.' })),
    first_token: Type.Optional(
      Type.Union([Type.Literal('auto'), Duration({ description: 'A fixed limit.' })], {
        default: 'auto',
        expects: 'auto or a duration',
        description:
          'To the first sign of life of a stream. `auto`: 10 s; 120 s where the model reasons before it speaks; more where the window of the target shows that it needs it.',
      }),
    ),
    idle: Type.Optional(Duration({ default: '20s', description: 'Between two signs of life of a stream.' })),
    total: Type.Optional(Duration({ default: '10m', description: 'For the whole request, all attempts together.' })),
  },
  { ...closed, default: {}, description: 'How long things may take.' },
)

export type RetryConfig = Deep<StaticDecode<typeof Retry>>
export type BreakerConfig = Deep<StaticDecode<typeof Breaker>>
export type TimeoutsConfig = Deep<StaticDecode<typeof Timeouts>>

/** Every field of these blocks has a default, so that none is left out once defaults are filled in. */
type Deep<T> = { readonly [K in keyof T]-?: NonNullable<T[K]> extends object ? Deep<NonNullable<T[K]>> : NonNullable<T[K]> }
