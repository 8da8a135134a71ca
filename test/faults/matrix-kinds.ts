import type { ClientDialect } from '../support/askers.ts'

/** Where in a call the fault strikes. */
type Place = 'request' | 'headers' | 'before content' | 'mid-content' | 'end'

/** What the caller must have: the whole answer, the provider's refusal, or the answer as far as the provider let it come. */
type Sees =
  | { readonly kind: 'answered'; readonly by: 'first' | 'second' | 'either' }
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'filtered' }

export type FaultRow = {
  readonly place: Place
  /** The fault as a plan of the mock providers has it. */
  readonly fault: Readonly<Record<string, unknown>> & { readonly kind: string }
  /** Which answers have it; left out: whole ones and streams. */
  readonly only?: 'whole' | 'stream'
  /** Whose providers can have it; left out: all. */
  readonly speaks?: readonly ClientDialect[]
  readonly sees: Sees
  /** What a whole answer gives, where it is something else. */
  readonly wholeSees?: Sees
}

const first = { kind: 'answered', by: 'first' } as const
const second = { kind: 'answered', by: 'second' } as const
/** What was lost is made good by the same target or the next one. */
const either = { kind: 'answered', by: 'either' } as const
const stream = 'stream' as const

/** Every kind of fault of the mock providers, wherever it can strike. */
export const faultRows: readonly FaultRow[] = [
  { place: 'request', fault: { kind: 'reset' }, sees: second },
  { place: 'request', fault: { kind: 'silent_before' }, sees: second },
  { place: 'request', fault: { kind: 'slow_first_token', delay: '100ms' }, sees: first },
  { place: 'request', fault: { kind: 'slow_first_token', delay: '7s' }, sees: second },
  ...['vendor', 'seconds', 'milliseconds', 'date', 'none'].map(
    (hint): FaultRow => ({ place: 'headers', fault: { kind: 'rate_limit', retry_after: '20s', hint }, sees: second }),
  ),
  { place: 'headers', fault: { kind: 'rate_limit', retry_after: '50ms', hint: 'milliseconds', times: 1 }, sees: first },
  ...[500, 502, 503, 504, 529].map((status): FaultRow => ({ place: 'headers', fault: { kind: 'error', status }, sees: second })),
  ...['html', 'text', 'empty'].map(
    (body): FaultRow => ({ place: 'headers', fault: { kind: 'error', status: 502, body }, sees: second }),
  ),
  { place: 'headers', fault: { kind: 'error', status: 500, times: 1 }, sees: first },
  { place: 'headers', fault: { kind: 'error', status: 404 }, sees: second },
  { place: 'headers', fault: { kind: 'error', status: 400 }, sees: { kind: 'refused', status: 400 } },
  { place: 'headers', fault: { kind: 'auth', status: 401 }, sees: second },
  { place: 'headers', fault: { kind: 'auth', status: 403 }, sees: second },
  { place: 'headers', fault: { kind: 'billing', status: 402 }, sees: second },
  { place: 'headers', fault: { kind: 'billing', status: 429 }, sees: second },
  { place: 'headers', fault: { kind: 'billing', status: 400 }, sees: second },
  { place: 'headers', fault: { kind: 'context_length' }, sees: second },
  { place: 'headers', fault: { kind: 'content_filter' }, sees: { kind: 'refused', status: 400 } },
  { place: 'headers', fault: { kind: 'html_200' }, sees: second },
  { place: 'headers', fault: { kind: 'wrong_content_type' }, sees: first },
  { place: 'before content', fault: { kind: 'silent_before', before: 'start' }, sees: second },
  { place: 'before content', fault: { kind: 'silent_before', before: 'content' }, only: stream, sees: second },
  { place: 'before content', fault: { kind: 'slow_first_token', delay: '100ms', before: 'content' }, only: stream, sees: first },
  { place: 'before content', fault: { kind: 'cut', after: 0 }, sees: second },
  { place: 'before content', fault: { kind: 'reset_mid_stream', after: 0 }, sees: second },
  { place: 'before content', fault: { kind: 'disconnect_after', bytes: 0 }, sees: second },
  { place: 'before content', fault: { kind: 'disconnect_after', bytes: 20 }, sees: second },
  { place: 'before content', fault: { kind: 'malformed_event', after: 0 }, only: stream, sees: first },
  { place: 'before content', fault: { kind: 'error_event', first: true }, only: stream, sees: second },
  { place: 'before content', fault: { kind: 'error_event', after: 0 }, only: stream, sees: second },
  { place: 'before content', fault: { kind: 'empty_content' }, sees: second },
  { place: 'before content', fault: { kind: 'empty_choices' }, sees: second },
  { place: 'before content', fault: { kind: 'not_streamed' }, only: stream, sees: first },
  { place: 'before content', fault: { kind: 'truncated_json' }, only: 'whole', sees: second },
  { place: 'mid-content', fault: { kind: 'cut', after: 8 }, sees: either },
  { place: 'mid-content', fault: { kind: 'reset_mid_stream', after: 8 }, sees: either },
  { place: 'mid-content', fault: { kind: 'disconnect_after', bytes: 1500 }, only: stream, sees: either },
  { place: 'mid-content', fault: { kind: 'silent', after: 8 }, sees: either },
  { place: 'mid-content', fault: { kind: 'silent', after: 8, for: '100ms' }, sees: first },
  { place: 'mid-content', fault: { kind: 'slow_chunks', delay: '3ms' }, only: stream, sees: first },
  { place: 'mid-content', fault: { kind: 'malformed_event', after: 8 }, only: stream, sees: first },
  // biome-ignore lint/suspicious/noThenProperty: the word of the fault file; its value is a text.
  { place: 'mid-content', fault: { kind: 'malformed_event', after: 8, then: 'stop' }, only: stream, sees: either },
  { place: 'mid-content', fault: { kind: 'error_event', after: 8 }, only: stream, sees: either },
  { place: 'mid-content', fault: { kind: 'error_event', after: 8, status: 429 }, only: stream, sees: either },
  { place: 'mid-content', fault: { kind: 'error_event', after: 8, status: 500 }, only: stream, sees: either },
  { place: 'mid-content', fault: { kind: 'content_filter', as: 'finish' }, sees: { kind: 'filtered' } },
  { place: 'mid-content', fault: { kind: 'unexpected_fields' }, sees: first },
  { place: 'end', fault: { kind: 'cut', after: 60 }, only: stream, sees: either },
  { place: 'end', fault: { kind: 'reset_mid_stream', after: 60 }, only: stream, sees: either },
  { place: 'end', fault: { kind: 'silent', after: 60 }, only: stream, sees: either },
  { place: 'end', fault: { kind: 'no_done' }, only: stream, speaks: ['chat'], sees: first },
]
