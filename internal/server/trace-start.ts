import type { Request } from '#canonical/request.ts'
import type { TraceStart } from '#canonical/trace.ts'
import type { Dialect } from '#dialect/dialect.ts'
import type { Operation } from '#dialect/operation.ts'
import type { Incoming } from './handler-deps.ts'

/** What a trace is told when it begins. `read`: what is known of the request once it has been read. */
export function traceStart(
  { request, target, requestId, startedMs }: Incoming,
  dialect: Dialect,
  read?: { readonly request: Request; readonly operation?: Operation },
): TraceStart {
  return {
    requestId,
    method: request.method,
    path: target.path,
    headers: request.headers,
    dialect: dialect.name,
    startedMs,
    request: read?.request,
    operation: read?.operation?.name,
  }
}
