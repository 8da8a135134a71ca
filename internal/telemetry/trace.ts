import { type Attributes, type SpanContext, SpanKind, type SpanStatus, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import type { AttemptEnded, RelayEvent, RequestEnded } from '#canonical/observe.ts'
import type { TargetId } from '#canonical/plan.ts'
import type { RequestTrace, TraceRefused, TraceStart } from '#canonical/trace.ts'
import { answerAttributes, promptAttributes } from './capture.ts'
import type { SpanEvent, SpanFacts } from './span.ts'
import {
  addAttemptEnd,
  addRequestEnd,
  attemptAttributes,
  type ProviderFacts,
  requestAttributes,
  routeOf,
} from './span-attributes.ts'
import { readTraceContext, writeTraceContext } from './trace-context.ts'
import type { TraceIds } from './trace-ids.ts'

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
  readonly ids: TraceIds
  /** Takes a span that is over. */
  readonly take: (span: SpanFacts) => void
  /** Whether prompts and answers become attributes. */
  readonly captureContent: boolean
  readonly provider: (name: string) => ProviderFacts | undefined
  /** The breaker's last change at this target. */
  readonly lastChange: (target: TargetId) => BreakerChange | undefined
  /** Milliseconds since the epoch at the monotonic clock's 0. */
  readonly epochMs: () => number
}

type AttemptStarted = Extract<RelayEvent, { readonly kind: 'attempt_started' }>

/** The span of one attempt while it is under way. */
type Attempt = {
  readonly target: TargetId
  readonly name: string
  readonly context: SpanContext
  readonly startMs: number
  readonly attributes: Attributes
  readonly events: SpanEvent[]
}

const unset: SpanStatus = { code: SpanStatusCode.UNSET }
const nothing: Attributes = {}

/**
 * The request as a SERVER span, each attempt as a CLIENT span below it; the client's own span is the parent when it sent one.
 * Spans are facts until they are over: a request pays for writing them down, and nothing when it is not kept.
 */
export function traceRequest(start: TraceStart, deps: TraceDeps): RequestTrace {
  const parent = readTraceContext(start.headers)
  const context = contextBelow(parent, deps)
  if ((context.traceFlags & TraceFlags.SAMPLED) === 0) return untraced(context)
  const epochMs = deps.epochMs()
  const events: SpanEvent[] = []
  // A target is asked at most once at a time for one request.
  let attempts: readonly Attempt[] = []
  const attemptAt = (target: TargetId): Attempt | undefined => attempts.find((attempt) => attempt.target === target)
  const note = (name: string, attributes: Attributes): void => void events.push({ name, atMs: Date.now(), attributes })
  return {
    traceId: context.traceId,
    wantsAnswer: true,
    observe(event) {
      switch (event.kind) {
        case 'attempt_started':
          attempts = [...attempts, beginAttempt(start, event, { above: context, epochMs, deps })]
          return
        case 'first_token':
          attemptAt(event.target.id)?.events.push({
            name: 'gen_ai.first_token',
            atMs: epochMs + event.atMs,
            attributes: nothing,
          })
          return
        case 'attempt_ended': {
          const attempt = attemptAt(event.target.id)
          attempts = attempts.filter((other) => other !== attempt)
          if (attempt !== undefined) deps.take(endAttempt(attempt, event, { above: context, epochMs, deps }))
          return
        }
        case 'failover':
          return note('outrigger.failover', {
            'outrigger.from': event.from.id,
            'outrigger.to': event.to.id,
            'outrigger.reason': event.reason,
            'outrigger.wait_ms': event.waitMs,
          })
        case 'retry_budget_exhausted':
          return note('outrigger.retry_budget_exhausted', nothing)
        case 'request_ended':
          return deps.take(endRequest(start, event, { parent, context, epochMs, events }))
        default:
          return
      }
    },
    headersFor(target) {
      const attempt = attemptAt(target)
      return attempt === undefined ? {} : writeTraceContext(attempt.context)
    },
  }
}

/** The span of a request that was refused before the relay saw it; gives the trace's id. */
export function traceRefused(refused: TraceRefused, deps: TraceDeps): string {
  const parent = readTraceContext(refused.headers)
  const context = contextBelow(parent, deps)
  if ((context.traceFlags & TraceFlags.SAMPLED) === 0) return context.traceId
  const epochMs = deps.epochMs()
  const span = requestSpan(refused, { parent, context, epochMs })
  span.attributes['http.response.status_code'] = refused.status
  span.attributes['error.type'] = refused.code
  span.attributes['outrigger.outcome'] = 'rejected'
  span.attributes['outrigger.attempts'] = 0
  deps.take({ ...span, endMs: epochMs + refused.endedMs, status: unset, events: [] })
  return context.traceId
}

/** A span below the client's, which decides whether it is kept, or the first of a new trace. */
function contextBelow(parent: SpanContext | undefined, { ids }: TraceDeps): SpanContext {
  if (parent === undefined) {
    const { traceId, spanId, isKept } = ids.beginTrace()
    return { traceId, spanId, traceFlags: isKept ? TraceFlags.SAMPLED : TraceFlags.NONE }
  }
  const spanId = ids.newSpanId()
  const { traceId, traceFlags, traceState } = parent
  return { traceId, spanId, traceFlags, ...(traceState === undefined ? {} : { traceState }) }
}

/** Of a request that is not kept: nothing is noted, but whoever is called next must know that, too. */
function untraced(context: SpanContext): RequestTrace {
  return { traceId: context.traceId, wantsAnswer: false, observe: ignore, headersFor: () => writeTraceContext(context) }
}

const ignore = (): void => {}

type Below = { readonly above: SpanContext; readonly epochMs: number; readonly deps: TraceDeps }

function beginAttempt(start: TraceStart, event: AttemptStarted, { above, epochMs, deps }: Below): Attempt {
  const { target, atMs } = event
  const attributes = attemptAttributes(start, event, deps.provider(target.provider))
  if (deps.captureContent && start.request !== undefined && start.operation === undefined)
    Object.assign(attributes, promptAttributes(start.request, target.dialect))
  return {
    target: target.id,
    name: `${attributes['gen_ai.operation.name'] ?? ''} ${target.model}`,
    context: { ...above, spanId: deps.ids.newSpanId() },
    startMs: epochMs + atMs,
    attributes,
    events: [],
  }
}

function endAttempt(attempt: Attempt, event: AttemptEnded, { above, epochMs, deps }: Below): SpanFacts {
  const { name, context, startMs, attributes, events } = attempt
  const endMs = epochMs + event.atMs
  addAttemptEnd(attributes, event)
  if (deps.captureContent && event.answer !== undefined) Object.assign(attributes, answerAttributes(event.answer))
  const change = deps.lastChange(event.target.id)
  // Only what this very event did: the time is the event's own.
  if (change?.atMs === event.atMs) events.push({ name: 'outrigger.breaker', atMs: endMs, attributes: breakerAttributes(change) })
  const status = event.failure === undefined ? unset : { code: SpanStatusCode.ERROR, message: event.failure.kind }
  return { name, kind: SpanKind.CLIENT, context, parent: above, startMs, endMs, status, attributes, events }
}

type Place = { readonly parent: SpanContext | undefined; readonly context: SpanContext; readonly epochMs: number }

/** The SERVER span as far as it is known from the beginning; `http.route` is low in cardinality, the span's name too. */
function requestSpan(start: TraceStart, { parent, context, epochMs }: Place): Omit<SpanFacts, 'endMs' | 'status' | 'events'> {
  const route = routeOf(start)
  return {
    name: route === undefined ? start.method : `${start.method} ${route}`,
    kind: SpanKind.SERVER,
    context,
    parent,
    startMs: epochMs + start.startedMs,
    attributes: requestAttributes(start, route),
  }
}

function endRequest(start: TraceStart, event: RequestEnded, place: Place & { readonly events: SpanEvent[] }): SpanFacts {
  const span = requestSpan(start, place)
  addRequestEnd(span.attributes, event)
  const isError = event.status >= 500 || event.outcome === 'truncated'
  const status = isError ? { code: SpanStatusCode.ERROR, message: event.code ?? event.outcome } : unset
  return { ...span, endMs: place.epochMs + event.atMs, status, events: place.events }
}

function breakerAttributes({ target, from, to, reason }: BreakerChange): Attributes {
  return {
    'outrigger.target': target,
    'outrigger.breaker.from': from,
    'outrigger.breaker.to': to,
    ...(reason === undefined ? {} : { 'outrigger.breaker.reason': reason }),
  }
}
