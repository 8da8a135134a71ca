import { Readable } from 'node:stream'
// Only the pool: the whole of undici is four times as much to load.
import Pool from 'undici/lib/dispatcher/pool.js'
import { inTurns, isInPieces, lengthOf } from '#lib/slices/pieces.ts'
import type { ResponseHeaders } from './call-handler.ts'
import type { CallController, Connections, OutgoingRequest, ResponseHandler } from './connections.ts'

export type Http2PoolOptions = { readonly connectTimeoutMs: number; readonly keepAliveMs: number }

/**
 * Connections to a provider that speaks HTTP/2 only, by undici. Headers and body have no time limit here: the relay's own deadlines cover them,
 * and undici's would fire without the relay's knowledge of what came before. Redirects are never followed: a key must not travel.
 */
export function createHttp2Pool(origin: string, { connectTimeoutMs, keepAliveMs }: Http2PoolOptions): Connections {
  const pool = new Pool(origin, {
    connections: null,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    connect: { timeout: connectTimeoutMs },
  })
  return {
    dispatch: (request, handler) => pool.dispatch(asUndiciTakes(request), asUndiciTells(handler)),
    close: () => pool.close(),
    destroy: () => pool.destroy(),
  }
}

type UndiciRequest = Omit<OutgoingRequest, 'body' | 'ownHeaders'> & { readonly body: string | Uint8Array | Readable | null }

function asUndiciTakes({ body, headers: usual, ownHeaders, ...request }: OutgoingRequest): UndiciRequest {
  const headers = { ...usual, ...ownHeaders }
  if (!isInPieces(body)) return { ...request, headers, body }
  return {
    ...request,
    headers: { ...headers, 'content-length': String(lengthOf(body)) },
    body: Readable.from(inTurns(body), { objectMode: false }),
  }
}

type GivenHeaders = Readonly<Record<string, string | string[] | undefined>>
type UndiciHandler = Omit<ResponseHandler, 'onResponseStart'> & {
  readonly onResponseStart: (controller: CallController & { rawHeaders?: unknown }, status: number, headers: GivenHeaders) => void
}

function asUndiciTells(handler: ResponseHandler): UndiciHandler {
  return {
    ...handler,
    onResponseStart(controller, status, headers) {
      // Undici would keep the packet that the headers came in until the answer's end.
      controller.rawHeaders = null
      handler.onResponseStart(controller, status, flatten(headers))
    },
  }
}

function flatten(headers: GivenHeaders): ResponseHeaders {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, typeof value === 'string' ? value : value.join(', ')]],
    ),
  )
}
