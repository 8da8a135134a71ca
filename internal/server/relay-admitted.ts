import type { Hints } from '#canonical/plan.ts'
import type { Request } from '#canonical/request.ts'
import type { Dialect } from '#dialect/dialect.ts'
import type { Operation } from '#dialect/operation.ts'
import type { Exchange, Guarded } from '#relay/exchange.ts'
import type { ShedReason } from './admission.ts'
import type { HandlerDeps, Incoming } from './handler-deps.ts'
import { forwardedHeaders } from './headers.ts'
import type { ClientRequest } from './http/client-request.ts'
import { reject } from './reject.ts'
import { clientPort } from './respond.ts'
import { traceStart } from './trace-start.ts'

/** What was read of a client's request. */
export type Read = {
  readonly dialect: Dialect
  readonly request: Request
  readonly hints: Hints
  readonly operation?: Operation
  readonly guarded?: Guarded
  readonly bytesIn: number
}

const whyShed: Readonly<Record<ShedReason, string>> = {
  queue_full: 'the relay is at its limit and its queue is full',
  queue_timeout: 'the relay is at its limit; no place became free in time',
  overloaded: 'the relay cannot keep up with its requests',
}

/** Clients without a virtual key are told apart by the key that they send, and by where they are. */
function strangerOf({ headers, socket }: ClientRequest): string {
  const key = headers.authorization ?? headers['x-api-key'] ?? headers['x-goog-api-key'] ?? ''
  return `${socket.remoteAddress ?? ''} ${String(key)}`
}

/** Waits for a place within the relay's limits, and hands the request to the relay. */
export async function relayAdmitted(incoming: Incoming, read: Read, deps: HandlerDeps): Promise<void> {
  const { request, response, requestId, startedMs } = incoming
  const admitted = await deps.admission.enter(read.hints.priority, () => read.hints.client ?? strangerOf(request))
  if (admitted.kind === 'shed') {
    const message = whyShed[admitted.reason]
    return reject(incoming, read.dialect, { code: admitted.reason, kind: 'queue_full', message, requestId }, deps, {
      'retry-after': '1',
      'x-should-retry': 'true',
    })
  }
  const trace = deps.tracer?.()?.begin(traceStart(incoming, read.dialect, read))
  const exchange: Exchange = {
    dialect: read.dialect,
    request: read.request,
    hints: read.hints,
    operation: read.operation,
    guarded: read.guarded,
    bytesIn: read.bytesIn,
    trace,
    requestId,
    forward: forwardedHeaders(request.headers),
    client: clientPort(response),
    startedMs,
  }
  try {
    await deps.relay(exchange)
  } finally {
    admitted.release()
  }
}
