import type { AnswerGuard } from '#canonical/answer-guard.ts'
import type { Hints } from '#canonical/plan.ts'
import type { Request } from '#canonical/request.ts'
import type { RequestTrace } from '#canonical/trace.ts'
import type { Dialect } from '#dialect/dialect.ts'
import type { Operation } from '#dialect/operation.ts'
import type { Body } from '#lib/slices/pieces.ts'

/** The client's side of one exchange, as the relay needs it. The server makes it of a socket, a test of a few variables. */
export type ClientPort = {
  /** Sends status and headers; once. */
  readonly head: (status: number, headers: Readonly<Record<string, string>>) => void
  /** False when the client is slower than the provider: wait for `onDrain` before reading on. */
  readonly write: (text: string | Uint8Array) => boolean
  readonly onDrain: (listener: () => void) => void
  /** Bytes of the answer's body so far. */
  readonly written: () => number
  /** The pieces of a large body are sent one after the other, in turns with others, as the client takes them. */
  readonly end: (body?: Body) => void
  /** Tells when the client closed its connection before the answer's end; at once if it already has. */
  readonly onGone: (listener: () => void) => void
  /** Cuts the connection: an answer that has begun as bytes and broke must not look whole. */
  readonly abort: () => void
}

/** What guardrails make of a request: how much of it was replaced before anybody saw it, and what its answer goes through. */
export type Guarded = { readonly redacted: number; readonly answer?: AnswerGuard }

/** One request of a client under way: decoded, not yet planned. Every field is always there: V8's code for it stays the one for one shape. */
export type Exchange = {
  readonly requestId: string
  readonly dialect: Dialect
  readonly request: Request
  readonly hints: Hints
  /** Set when it is no conversation; `request` then holds what planning needs: the model and the text. */
  readonly operation: Operation | undefined
  /** What guardrails did and will do; undefined where none applies. */
  readonly guarded: Guarded | undefined
  /** Headers of the client that a provider of the same dialect gets: the allow-list's. */
  readonly forward: Readonly<Record<string, string>>
  readonly client: ClientPort
  /** Undefined when the request is not traced. */
  readonly trace: RequestTrace | undefined
  /** Bytes of the client's body. */
  readonly bytesIn: number
  /** By the monotonic clock, when the request's first byte was read. */
  readonly startedMs: number
}

/** For an exchange that no client began: a conversation, not traced, past guardrails. */
export const ownConversation = { operation: undefined, guarded: undefined, trace: undefined } as const
