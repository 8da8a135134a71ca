import type { Tracer } from '#canonical/trace.ts'
import type { TelemetryConfig } from '#config/config.ts'
import type { OpenTracer, OtlpOptions } from './otlp.ts'

export type Tracing = {
  /** Undefined while traces are off. */
  readonly tracer: () => Tracer | undefined
  /** Takes a new configuration: requests that begin from then on are traced by it. */
  readonly reconfigure: (config: TelemetryConfig) => Promise<void>
  /** Sends what is waiting, as far as the collector takes it in a few seconds. */
  readonly close: () => Promise<void>
}

export type TracingDeps = Omit<OtlpOptions, 'endpoint' | 'sample' | 'captureContent'>

// A collector that does not answer must not keep the process from ending.
const longestCloseMs = 5000

/** Traces, on while `telemetry.otlp` is given. OpenTelemetry is loaded only then. */
export function createTracing(deps: TracingDeps): Tracing {
  let open: OpenTracer | undefined
  let settings = ''
  let change: Promise<void> = Promise.resolve()

  const closed = async (old: OpenTracer | undefined): Promise<void> => {
    if (old === undefined) return
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), longestCloseMs)
    })
    try {
      const ended = await Promise.race([old.close(), late])
      if (ended === 'late') deps.onProblem('the collector did not take the last spans in time')
    } catch (error) {
      deps.onProblem(error instanceof Error ? error.message : String(error))
    } finally {
      clearTimeout(timer)
    }
  }
  const turn = async ({ otlp, sample, capture_content }: TelemetryConfig): Promise<void> => {
    const old = open
    const wanted = otlp === undefined ? undefined : { ...deps, endpoint: otlp, sample, captureContent: capture_content }
    open = wanted === undefined ? undefined : (await import('./otlp.ts')).openOtlp(wanted)
    await closed(old)
  }
  return {
    tracer: () => open,
    reconfigure(config) {
      const wanted = JSON.stringify(config)
      if (wanted === settings) return change
      settings = wanted
      // One after the other: two reloads in a row must end with the second one's.
      change = change.then(() => turn(config))
      return change
    },
    async close() {
      await change
      const last = open
      open = undefined
      await closed(last)
    },
  }
}
