import { createTraceState, type SpanContext, TraceFlags } from '@opentelemetry/api'
import { isFieldValue } from '#lib/http-fields.ts'

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/** `version-traceid-parentid-flags`; a higher version may have more behind it. */
const traceparent =
  /^(?<version>[0-9a-f]{2})-(?<traceId>[0-9a-f]{32})-(?<spanId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?<more>-.*)?$/

// The W3C's minimum that everybody passes on; a longer one is not ours to shorten.
const longestState = 512

/** The client's span, of its headers; undefined when there is none or it cannot be read. https://www.w3.org/TR/trace-context/ */
export function readTraceContext(headers: Headers): SpanContext | undefined {
  const parent = headers['traceparent']
  if (typeof parent !== 'string') return undefined
  const { version, traceId, spanId, flags, more } = traceparent.exec(parent)?.groups ?? {}
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  const { tracestate } = headers
  const state = Array.isArray(tracestate) ? tracestate.join(',') : tracestate
  return {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED,
    isRemote: true,
    ...(typeof state === 'string' && goesOn(state) ? { traceState: createTraceState(state) } : {}),
  }
}

function goesOn(state: string): boolean {
  return state !== '' && state.length <= longestState && isFieldValue(state)
}

/** The headers by which whoever is called next joins the trace: such as can be written as they are. */
export function writeTraceContext({ traceId, spanId, traceFlags, traceState }: SpanContext): Readonly<Record<string, string>> {
  const state = traceState?.serialize() ?? ''
  const parent = `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}`
  return state === '' ? { traceparent: parent } : { traceparent: parent, tracestate: state }
}
