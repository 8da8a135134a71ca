import type { Phase } from '#canonical/failure.ts'
import type { Body } from '#lib/slices/pieces.ts'
import { openArrivals, tellAtTurnEnd } from './arrivals.ts'
import type { CallHandler } from './call-handler.ts'
import type { CallController, Connections, OutgoingRequest, ResponseHandler } from './connections.ts'
import { failureOfTransport } from './failure.ts'
import type { Upstream } from './pools.ts'

/** One request to a provider. `path` lies below the base URL. */
export type CallRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  /** Mostly the same object for many requests, so that they are written once. */
  readonly headers: Readonly<Record<string, string>>
  /** Headers of this request alone, under other names: ours, and known to be such as can be written, since they are not looked at again. */
  readonly ownHeaders?: Readonly<Record<string, string>> | undefined
  readonly body?: Body
}

export type Call = {
  /** Ends the call at once; the connection is closed, so that the provider stops generating. */
  readonly cancel: () => void
  /** Stops reading until `resume`, so that a slow client does not fill our memory. */
  readonly pause: () => void
  readonly resume: () => void
}

/** Sends a request and tells the handler what comes back, at the end of each turn of the event loop what came in it. */
export function call(upstream: Upstream, request: CallRequest, handler: CallHandler): Call {
  let controller: CallController | undefined
  let phase: Phase = 'connect'
  const breakOff = (): void => controller?.abort(cancelled)
  const arrivals = openArrivals(handler, breakOff)

  const fail = (error: Error): void => {
    arrivals.ending ??= { failure: failureOfTransport(error, phase) }
    tellAtTurnEnd(arrivals)
  }
  dispatch(
    upstream.pool,
    {
      method: request.method,
      path: upstream.prefix + request.path,
      headers: request.headers,
      ownHeaders: request.ownHeaders,
      body: request.body ?? null,
    },
    {
      onRequestStart(started) {
        controller = started
        phase = 'headers'
        if (arrivals.over) breakOff()
      },
      onResponseStart(_controller, status, headers) {
        phase = 'body'
        arrivals.head = { status, headers }
        tellAtTurnEnd(arrivals)
      },
      onResponseData(_controller, chunk) {
        if (arrivals.over) return
        arrivals.chunks.push(chunk)
        tellAtTurnEnd(arrivals)
      },
      onResponseEnd() {
        arrivals.ending ??= {}
        tellAtTurnEnd(arrivals)
      },
      onResponseError: (_controller, error) => fail(error),
    },
    fail,
  )
  return {
    cancel() {
      if (arrivals.over) return
      arrivals.over = true
      breakOff()
    },
    pause() {
      if (arrivals.paused || arrivals.over) return
      arrivals.paused = true
      controller?.pause()
    },
    resume() {
      if (!arrivals.paused) return
      arrivals.paused = false
      if (arrivals.over) return
      tellAtTurnEnd(arrivals)
      controller?.resume()
    },
  }
}

/** A request that cannot be written at all (a line break in a key) throws: told like any other failure. */
function dispatch(pool: Connections, options: OutgoingRequest, handler: ResponseHandler, fail: (error: Error) => void): void {
  try {
    pool.dispatch(options, handler)
  } catch (error) {
    fail(error instanceof Error ? error : new Error(String(error)))
  }
}

const cancelled = new Error('cancelled by the relay')
