import type { Attributes, HrTime, SpanContext, SpanKind, SpanStatus } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'

/** Something that happened within a span, at milliseconds since the epoch. */
export type SpanEvent = { readonly name: string; readonly atMs: number; readonly attributes: Attributes }

/** What a span tells, written down when it ends. Times in milliseconds since the epoch. */
export type SpanFacts = {
  readonly name: string
  readonly kind: SpanKind
  readonly context: SpanContext
  readonly parent: SpanContext | undefined
  readonly startMs: number
  readonly endMs: number
  readonly status: SpanStatus
  readonly attributes: Attributes
  readonly events: readonly SpanEvent[]
}

/** Who tells. */
export type SpanSource = { readonly resource: Resource; readonly scope: { readonly name: string; readonly version: string } }

/**
 * A span as the SDK's processors and exporters read it. The SDK's own `Span` checks and copies each attribute when it is set, which
 * costs a request several times what it costs to write the facts down: ours are of known types and set once.
 */
export function finishedSpan(facts: SpanFacts, { resource, scope }: SpanSource): ReadableSpan {
  const { name, kind, context, parent, startMs, status, attributes, events } = facts
  // A clock that was set back must not end a span before it began.
  const endMs = Math.max(startMs, facts.endMs)
  const span: Mutable<ReadableSpan> = {
    name,
    kind,
    spanContext: () => context,
    startTime: hrTime(startMs),
    endTime: hrTime(endMs),
    duration: hrTime(endMs - startMs),
    status,
    attributes,
    links: [],
    events: events.map((event) => ({ name: event.name, time: hrTime(event.atMs), attributes: event.attributes })),
    ended: true,
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
  if (parent !== undefined) span.parentSpanContext = parent
  return span
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Milliseconds as seconds and nanoseconds. */
function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000)
  return [seconds, Math.min(999_999_999, Math.round((ms - seconds * 1000) * 1e6))]
}
