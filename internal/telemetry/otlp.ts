import { hostname } from 'node:os'
import { DiagLogLevel, diag, ROOT_CONTEXT, trace as traceApi } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base'
import type { Tracer, TraceStart } from '#canonical/trace.ts'
import { hrTime, startRequestSpan, type TraceDeps, traceRequest } from './trace.ts'
import { readTraceContext } from './trace-context.ts'

export type OtlpOptions = Omit<TraceDeps, 'tracer'> & {
  /** Where the collector listens. */
  readonly endpoint: string
  /** The share of traces that is kept, 0–1, where the client did not decide. */
  readonly sample: number
  readonly version: string
  /** Something went wrong on the way to the collector. */
  readonly onProblem: (message: string) => void
}

export type OpenTracer = Tracer & {
  /** Sends what is waiting; nothing is traced afterwards. */
  readonly close: () => Promise<void>
}

// A batch is 512 spans and goes when it is full: this is what a second of heavy traffic may lie in while one is on its way.
// With captured content spans are large, and the SDK's own 2048 must do.
const maxQueueSize = 8192
// What a client or a provider wrote (model names, error codes) must not make a span large.
const longestValue = 65_536

/** The official SDK and exporter (JSON over HTTP), set up by the routing file and the OTEL_* environment variables. */
export function openOtlp(options: OtlpOptions): OpenTracer {
  const { version, sample, endpoint, captureContent, onProblem } = options
  tellProblems(onProblem)
  const provider = new BasicTracerProvider({
    resource: resourceOf(version),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sample) }),
    spanProcessors: [
      new BatchSpanProcessor(
        new OTLPTraceExporter({ url: tracesUrl(endpoint) }),
        captureContent || process.env['OTEL_BSP_MAX_QUEUE_SIZE'] !== undefined ? {} : { maxQueueSize },
      ),
    ],
    generalLimits: { attributeValueLengthLimit: longestValue },
  })
  const deps: TraceDeps = { ...options, tracer: provider.getTracer('outrigger', version) }
  const parentOf = ({ headers }: TraceStart) => {
    const parent = readTraceContext(headers)
    return parent === undefined ? ROOT_CONTEXT : traceApi.setSpanContext(ROOT_CONTEXT, parent)
  }
  return {
    begin: (start) => traceRequest(start, parentOf(start), deps),
    refused(start) {
      const epochMs = options.epochMs()
      const span = startRequestSpan(start, parentOf(start), { tracer: deps.tracer, epochMs })
      span.setAttributes({
        'http.response.status_code': start.status,
        'error.type': start.code,
        'outrigger.outcome': 'rejected',
        'outrigger.attempts': 0,
      })
      span.end(hrTime(epochMs + start.endedMs))
      return span.spanContext().traceId
    },
    close: () => provider.shutdown(),
  }
}

/** The attributes of OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES go over ours. */
function resourceOf(version: string) {
  return defaultResource()
    .merge(
      resourceFromAttributes({
        'service.name': 'outrigger',
        'service.version': version,
        'service.instance.id': hostname(),
      }),
    )
    .merge(detectResources({ detectors: [envDetector] }))
}

/** The base of the OTLP endpoint, as OTEL_EXPORTER_OTLP_ENDPOINT has it, or the whole address. */
function tracesUrl(endpoint: string): string {
  const base = endpoint.replace(/\/+$/, '')
  return base.endsWith('/v1/traces') ? base : `${base}/v1/traces`
}

const quietMs = 60_000

/** The SDK tells of lost spans by its own log; the same sentence is told once a minute. */
function tellProblems(tell: (message: string) => void): void {
  const toldMs = new Map<string, number>()
  const hear = (message: string): void => {
    const nowMs = Date.now()
    if (nowMs - (toldMs.get(message) ?? 0) < quietMs) return
    if (toldMs.size > 100) toldMs.clear()
    toldMs.set(message, nowMs)
    tell(message)
  }
  const ignore = (): void => {}
  diag.setLogger(
    { error: hear, warn: hear, info: ignore, debug: ignore, verbose: ignore },
    {
      logLevel: DiagLogLevel.WARN,
      suppressOverrideMessage: true,
    },
  )
}
