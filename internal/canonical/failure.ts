/**
 * What went wrong with an attempt, as a class that the retry policy decides on.
 * `malformed` is an answer that is none: HTML in a 200, broken JSON, a stream without an end, an empty answer.
 * `not_found` is a model or path that the provider does not know. `unsupported` is a request the target cannot express.
 * `cancelled` is the client that went away: nobody's fault.
 */
export type FailureKind =
  | 'network'
  | 'timeout'
  | 'rate_limit'
  | 'overloaded'
  | 'server'
  | 'malformed'
  | 'context_length'
  | 'content_filter'
  | 'auth'
  | 'billing'
  | 'not_found'
  | 'invalid_request'
  | 'unsupported'
  | 'cancelled'

/** How far the attempt had come. `stream`: after the first content. */
export type Phase = 'request' | 'connect' | 'headers' | 'first_token' | 'stream' | 'body'

export type Failure = {
  readonly kind: FailureKind
  /** For people; may quote the provider, never holds a key. */
  readonly message: string
  readonly phase: Phase
  /** The provider's HTTP status, where there was one. */
  readonly status?: number
  /** The provider's own code (`insufficient_quota`, `overloaded_error`, `RESOURCE_EXHAUSTED`). */
  readonly code?: string
  /** The field of the request that is at fault. */
  readonly param?: string
  /** How long the provider asks to wait. */
  readonly retryAfterMs?: number
  /** A limit that waiting does not cure: quota 0, request larger than the limit of a minute. */
  readonly permanent?: boolean
}

/** Nobody waits for the answer any more. */
export function leftByClient(phase: Phase): Failure {
  return { kind: 'cancelled', phase, message: 'the client went away' }
}
