import type { ClientError, Dialect } from '#dialect/dialect.ts'
import type { BodyProblem } from './body.ts'
import type { HandlerDeps, Incoming } from './handler-deps.ts'
import { respondError } from './respond.ts'

/** Refuses a request that the relay has not seen, and tells so. */
// biome-ignore lint/complexity/useMaxParams: the headers are a rare fifth.
export function reject(
  incoming: Incoming,
  dialect: Dialect,
  error: ClientError,
  deps: Pick<HandlerDeps, 'onRejected' | 'clock'>,
  headers: Readonly<Record<string, string>> = {},
): void {
  const status = respondError(incoming.response, dialect, error, headers)
  deps.onRejected({ dialect, requestId: incoming.requestId, status, error, durationMs: deps.clock.now() - incoming.startedMs })
}

/** Refuses a request whose body could not be read. */
export function rejectBody(
  incoming: Incoming,
  dialect: Dialect,
  problem: BodyProblem,
  deps: Pick<HandlerDeps, 'onRejected' | 'clock'>,
): void {
  if (problem.kind === 'gone') return
  const { kind, message } = problem
  const code = kind === 'too_large' ? 'request_too_large' : 'invalid_json'
  // The rest of a body that is too large is not read: the connection cannot be used again.
  const headers: Record<string, string> = kind === 'too_large' ? { connection: 'close' } : {}
  reject(incoming, dialect, { code, kind, message, requestId: incoming.requestId }, deps, headers)
}
