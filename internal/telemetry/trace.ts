import {
  type Attributes,
  type Context,
  type HrTime,
  type Tracer as SdkTracer,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace as traceApi,
} from '@opentelemetry/api'
import type { RelayEvent, RequestEnded } from '#canonical/observe.ts'
import type { TargetId } from '#canonical/plan.ts'
import type { RequestTrace, TraceStart } from '#canonical/trace.ts'
import { answerAttributes, promptAttributes } from './capture.ts'
import {
  attemptAttributes,
  endedAttributes,
  type ProviderFacts,
  requestEndedAttributes,
  requestStartAttributes,
  routeOf,
} from './span-attributes.ts'
import { writeTraceContext } from './trace-context.ts'

/** A breaker changed its state. */
export type BreakerChange = {
  readonly target: TargetId
  readonly from: string
  readonly to: string
  /** Why it opened. */
  readonly reason?: string
  /** By the monotonic clock. */
  readonly atMs: number
}

export type TraceDeps = {
  readonly tracer: SdkTracer
  /** Whether prompts and answers become attributes. */
  readonly captureContent: boolean
  readonly provider: (name: string) => ProviderFacts | undefined
  /** The breaker's last change at this target. */
  readonly lastChange: (target: TargetId) => BreakerChange | undefined
  /** Milliseconds since the epoch at the monotonic clock's 0. */
  readonly epochMs: () => number
}

type AttemptStarted = Extract<RelayEvent, { readonly kind: 'attempt_started' }>
type AttemptEnded = Extract<RelayEvent, { readonly kind: 'attempt_ended' }>

/** The request as a SERVER span, each attempt as a CLIENT span below it. `parent` is the client's own span, when it sent one. */
export function traceRequest(start: TraceStart, parent: Context, deps: TraceDeps): RequestTrace {
  const { tracer } = deps
  const epochMs = deps.epochMs()
  const at = (ms: number): HrTime => hrTime(epochMs + ms)
  const root = startRequestSpan(start, parent, { tracer, epochMs })
  if (!root.isRecording()) return untraced(root)
  const inside = traceApi.setSpan(parent, root)
  // A target is asked at most once at a time for one request.
  const attempts = new Map<TargetId, Span>()

  const attributesOf = (event: AttemptStarted): Attributes => {
    const { request, operation } = start
    const known = attemptAttributes(start, event, deps.provider(event.target.provider))
    if (!deps.captureContent || request === undefined || operation !== undefined) return known
    return { ...known, ...promptAttributes(request, event.target.dialect) }
  }
  const startAttempt = (event: AttemptStarted): void => {
    const attributes = attributesOf(event)
    const name = `${attributes['gen_ai.operation.name'] ?? ''} ${event.target.model}`
    attempts.set(
      event.target.id,
      tracer.startSpan(name, { kind: SpanKind.CLIENT, startTime: at(event.atMs), attributes }, inside),
    )
  }
  const endAttempt = (event: AttemptEnded): void => {
    const span = attempts.get(event.target.id)
    attempts.delete(event.target.id)
    if (span === undefined || !span.isRecording()) return
    span.setAttributes(endedAttributes(event))
    if (deps.captureContent && event.answer !== undefined) span.setAttributes(answerAttributes(event.answer))
    const change = deps.lastChange(event.target.id)
    // Only what this very event did: the time is the event's own.
    if (change?.atMs === event.atMs) span.addEvent('outrigger.breaker', breakerAttributes(change), at(event.atMs))
    if (event.failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: event.failure.kind })
    span.end(at(event.atMs))
  }
  return {
    traceId: root.spanContext().traceId,
    observe(event) {
      switch (event.kind) {
        case 'attempt_started':
          return startAttempt(event)
        case 'first_token':
          attempts.get(event.target.id)?.addEvent('gen_ai.first_token', {}, at(event.atMs))
          return
        case 'attempt_ended':
          return endAttempt(event)
        case 'failover':
          root.addEvent('outrigger.failover', {
            'outrigger.from': event.from.id,
            'outrigger.to': event.to.id,
            'outrigger.reason': event.reason,
            'outrigger.wait_ms': event.waitMs,
          })
          return
        case 'retry_budget_exhausted':
          root.addEvent('outrigger.retry_budget_exhausted')
          return
        case 'request_ended':
          return endRequest(root, event, at(event.atMs))
        default:
          return
      }
    },
    headersFor(target) {
      const span = attempts.get(target)
      return span === undefined ? {} : writeTraceContext(span.spanContext())
    },
  }
}

/** Of a request that is not kept: nothing is noted, but whoever is called next must know that, too. */
function untraced(root: Span): RequestTrace {
  const context = root.spanContext()
  const headers = writeTraceContext(context)
  return { traceId: context.traceId, observe: ignore, headersFor: () => headers }
}

const ignore = (): void => {}

/** The SERVER span of a request; `http.route` is low in cardinality, the span's name too. */
export function startRequestSpan(
  start: TraceStart,
  parent: Context,
  { tracer, epochMs }: { readonly tracer: SdkTracer; readonly epochMs: number },
): Span {
  const route = routeOf(start)
  const name = route === undefined ? start.method : `${start.method} ${route}`
  const span = tracer.startSpan(name, { kind: SpanKind.SERVER, startTime: hrTime(epochMs + start.startedMs) }, parent)
  // Our sampler does not look at attributes: what is not kept costs none.
  if (span.isRecording()) span.setAttributes(requestStartAttributes(start, route))
  return span
}

function endRequest(span: Span, event: RequestEnded, endTime: HrTime): void {
  if (!span.isRecording()) return
  span.setAttributes(requestEndedAttributes(event))
  if (event.status >= 500 || event.outcome === 'truncated')
    span.setStatus({ code: SpanStatusCode.ERROR, message: event.code ?? event.outcome })
  span.end(endTime)
}

function breakerAttributes({ target, from, to, reason }: BreakerChange): Attributes {
  return {
    'outrigger.target': target,
    'outrigger.breaker.from': from,
    'outrigger.breaker.to': to,
    ...(reason === undefined ? {} : { 'outrigger.breaker.reason': reason }),
  }
}

/** Seconds and nanoseconds since the epoch. */
export function hrTime(epochMs: number): HrTime {
  const seconds = Math.floor(epochMs / 1000)
  return [seconds, Math.round((epochMs - seconds * 1000) * 1e6)]
}
