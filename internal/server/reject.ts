import type { ClientError, Dialect } from '#dialect/dialect.ts'
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
