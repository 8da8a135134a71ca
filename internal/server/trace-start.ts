import type { TraceStart } from '#canonical/trace.ts'
import type { Dialect } from '#dialect/dialect.ts'
import type { Incoming } from './handler-deps.ts'

/** What is known of a request before it is read, for its trace. */
export function traceStart({ request, target, requestId, startedMs }: Incoming, dialect: Dialect): TraceStart {
  return {
    requestId,
    method: request.method,
    path: target.path,
    headers: request.headers,
    dialect: dialect.name,
    startedMs,
  }
}
