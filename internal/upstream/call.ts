import type { Dispatcher } from 'undici'
import type { Failure, Phase } from '#canonical/failure.ts'
import { type Body, isInPieces, lengthOf, streamOf } from '#lib/slices/pieces.ts'
import { failureOfTransport } from './failure.ts'
import type { Upstream } from './pools.ts'

/** One request to a provider. `path` lies below the base URL. */
export type CallRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** One in pieces goes with its length told: not every provider takes a body without. */
  readonly body?: Body
}

/** Lower-case names; several values of one name joined by a comma. */
export type ResponseHeaders = Readonly<Record<string, string>>

/** Hears of one call. After `onEnd`, `onFailure` or `cancel` nothing more is told. */
export type CallHandler = {
  readonly onHead: (status: number, headers: ResponseHeaders) => void
  readonly onData: (bytes: Uint8Array) => void
  readonly onEnd: () => void
  /** The connection failed; an HTTP error status is no failure here. */
  readonly onFailure: (failure: Failure) => void
}

export type Call = {
  /** Ends the call at once; the connection is closed, so that the provider stops generating. */
  readonly cancel: () => void
  /** Stops reading until `resume`, so that a slow client does not fill our memory. */
  readonly pause: () => void
  readonly resume: () => void
}

/** Sends a request and tells the handler what comes back. */
export function call(upstream: Upstream, request: CallRequest, handler: CallHandler): Call {
  let controller: Dispatcher.DispatchController | undefined
  let phase: Phase = 'connect'
  let over = false
  let paused = false

  const fail = (error: Error): void => {
    if (over) return
    over = true
    handler.onFailure(failureOfTransport(error, phase))
  }
  const { headers, body } = request
  dispatch(
    upstream.pool,
    {
      method: request.method,
      path: upstream.prefix + request.path,
      headers: isInPieces(body) ? { ...headers, 'content-length': String(lengthOf(body)) } : headers,
      body: isInPieces(body) ? streamOf(body) : (body ?? null),
    },
    {
      onRequestStart(started) {
        controller = started
        phase = 'headers'
        if (over) started.abort(cancelled)
      },
      onResponseStart(controller, status, headers) {
        // Undici would keep the packet they came in until the answer's end.
        controller.rawHeaders = null
        if (over) return
        phase = 'body'
        handler.onHead(status, flatten(headers))
      },
      onResponseData(_controller, chunk) {
        if (!over) handler.onData(chunk)
      },
      onResponseEnd() {
        if (over) return
        over = true
        try {
          handler.onEnd()
        } catch (error) {
          // A mistake of ours in reading the answer: unsaid, the caller would wait for an end that has been.
          over = false
          fail(error instanceof Error ? error : new Error(String(error)))
        }
      },
      onResponseError: (_controller, error) => fail(error),
    },
    fail,
  )
  return {
    cancel() {
      if (over) return
      over = true
      controller?.abort(cancelled)
    },
    pause() {
      if (paused || over) return
      paused = true
      controller?.pause()
    },
    resume() {
      if (!paused) return
      paused = false
      if (!over) controller?.resume()
    },
  }
}

/** A request that cannot be written at all (a line break in a key) throws in undici: told like any other failure, and later. */
function dispatch(
  pool: Dispatcher,
  options: Dispatcher.DispatchOptions,
  handler: Dispatcher.DispatchHandler,
  fail: (error: Error) => void,
): void {
  try {
    pool.dispatch(options, handler)
  } catch (error) {
    queueMicrotask(() => fail(error instanceof Error ? error : new Error(String(error))))
  }
}

const cancelled = new Error('cancelled by the relay')

function flatten(headers: Readonly<Record<string, string | string[] | undefined>>): ResponseHeaders {
  const flat: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) flat[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return flat
}
