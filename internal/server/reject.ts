import type { Failure } from '#canonical/failure.ts'
import type { ClientError, Dialect } from '#dialect/dialect.ts'
import type { BodyProblem } from './body.ts'
import type { HandlerDeps, Incoming } from './handler-deps.ts'
import { respondError } from './respond.ts'
import { traceStart } from './trace-start.ts'

/** Refuses a request that the relay has not seen, and tells so. */
// biome-ignore lint/complexity/useMaxParams: the headers are a rare fifth.
export function reject(
  incoming: Incoming,
  dialect: Dialect,
  error: ClientError,
  deps: Pick<HandlerDeps, 'onRejected' | 'clock' | 'tracer'>,
  headers: Readonly<Record<string, string>> = {},
): void {
  const { requestId, startedMs } = incoming
  const status = respondError(incoming.response, dialect, error, headers)
  const endedMs = deps.clock.now()
  const traceId = deps.tracer?.()?.refused({ ...traceStart(incoming, dialect), status, code: error.code, endedMs })
  deps.onRejected({
    dialect,
    requestId,
    status,
    error,
    durationMs: endedMs - startedMs,
    ...(traceId === undefined ? {} : { traceId }),
  })
}

/** Refuses a request that could not be understood. */
export function rejectFailure(
  incoming: Incoming,
  dialect: Dialect,
  { kind, message, code, param }: Failure,
  deps: Pick<HandlerDeps, 'onRejected' | 'clock' | 'tracer'>,
): void {
  const { requestId } = incoming
  const error: ClientError = { code: code ?? kind, kind, message, requestId, ...(param === undefined ? {} : { param }) }
  reject(incoming, dialect, error, deps)
}

/** Refuses a request whose body could not be read. */
export function rejectBody(
  incoming: Incoming,
  dialect: Dialect,
  problem: BodyProblem,
  deps: Pick<HandlerDeps, 'onRejected' | 'clock' | 'tracer'>,
): void {
  if (problem.kind === 'gone') return
  const { kind, message } = problem
  const code = kind === 'too_large' ? 'request_too_large' : 'invalid_json'
  // The rest of a body that is too large is not read: the connection cannot be used again.
  const headers: Record<string, string> = kind === 'too_large' ? { connection: 'close' } : {}
  reject(incoming, dialect, { code, kind, message, requestId: incoming.requestId }, deps, headers)
}
