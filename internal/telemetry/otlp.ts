import { hostname } from 'node:os'
import { DiagLogLevel, diag } from '@opentelemetry/api'
import { OTLPExporterBase } from '@opentelemetry/otlp-exporter-base'
import { convertLegacyHttpOptions, createOtlpHttpExportDelegate } from '@opentelemetry/otlp-exporter-base/node-http'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base'
import type { Tracer } from '#canonical/trace.ts'
import { createSerializer } from './otlp-json.ts'
import { finishedSpan, type SpanSource } from './span.ts'
import { type TraceDeps, traceRefused, traceRequest } from './trace.ts'
import { createTraceIds } from './trace-ids.ts'

export type OtlpOptions = Omit<TraceDeps, 'ids' | 'take'> & {
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
/**
 * The official SDK's ids, sampling, batches and transport, set up by the routing file and the OTEL_* environment variables; the spans
 * and their JSON are written here, see `span.ts` and `otlp-json.ts`.
 */
export function openOtlp(options: OtlpOptions): OpenTracer {
  const { version, sample, endpoint, captureContent, onProblem } = options
  tellProblems(onProblem)
  const source: SpanSource = { resource: resourceOf(version), scope: { name: 'outrigger', version } }
  const processor = new BatchSpanProcessor(
    exporterTo(endpoint, source),
    captureContent || process.env['OTEL_BSP_MAX_QUEUE_SIZE'] !== undefined ? {} : { maxQueueSize },
  )
  const deps: TraceDeps = {
    ...options,
    ids: createTraceIds(sample),
    take: (span) => processor.onEnd(finishedSpan(span, source)),
  }
  return {
    begin: (start) => traceRequest(start, deps),
    refused: (refused) => traceRefused(refused, deps),
    close: () => processor.shutdown(),
  }
}

/** As the SDK's exporter for JSON over HTTP is made, but for who writes the JSON. */
function exporterTo(endpoint: string, source: SpanSource): OTLPExporterBase<ReadableSpan[]> {
  const options = convertLegacyHttpOptions({ url: tracesUrl(endpoint) }, 'TRACES', 'v1/traces', {
    'Content-Type': 'application/json',
  })
  return new OTLPExporterBase(createOtlpHttpExportDelegate(options, createSerializer(source, longestValue())))
}

// What a client or a provider wrote (model names, error codes) must not make a span large.
const usualLongestValue = 65_536

/** Characters of an attribute. */
function longestValue(): number {
  const { OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: ofSpans, OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: ofAll } = process.env
  const given = Number(ofSpans ?? ofAll)
  return Number.isInteger(given) && given > 0 ? given : usualLongestValue
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
