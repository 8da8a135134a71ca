import type { Observer } from './observe.ts'
import type { TargetId } from './plan.ts'
import type { DialectName, Request } from './request.ts'

/** What a trace is told of a client's request when it begins. */
export type TraceStart = {
  readonly requestId: string
  readonly method: string
  /** The path without its query. */
  readonly path: string
  /** The client's headers, lower-case names: `traceparent` and `tracestate` are read. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly dialect: DialectName
  /** By the monotonic clock, when the request's first byte was read. */
  readonly startedMs: number
  /** Left out when the request was refused before it was read. */
  readonly request?: Request | undefined
  /** What is asked for when it is no conversation: `embeddings`, `images`, … */
  readonly operation?: string | undefined
}

/** A request that was refused before the relay saw it. */
export type TraceRefused = TraceStart & { readonly status: number; readonly code: string; readonly endedMs: number }

/** The trace of one request. Unlike other observers it hears of this request only. */
export type RequestTrace = {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** Whether it is told what an attempt answered; where the trace is not kept nobody needs to know. */
  readonly wantsAnswer: boolean
  readonly observe: Observer
  /** Headers by which the provider's own spans join the attempt at this target that is under way. */
  readonly headersFor: (target: TargetId) => Readonly<Record<string, string>>
}

/** Makes traces. */
export type Tracer = {
  readonly begin: (start: TraceStart) => RequestTrace
  /** Gives the trace's id. */
  readonly refused: (refused: TraceRefused) => string
}
