import { isInPieces, lengthOf } from '#lib/slices/pieces.ts'
import type { OutgoingRequest, ResponseHandler } from '../connections.ts'
import { type ConnectionOptions, type Http1Connection, openConnection } from './connection.ts'
import { createRequestHeads } from './request-text.ts'
import { createHeadReader } from './response-head.ts'
import { socketsTo } from './socket.ts'

/** Connections to one origin. */
export type Http1Pool = {
  readonly dispatch: (request: OutgoingRequest, handler: ResponseHandler) => void
  /** Those that are free are closed now, the others when their requests have ended. */
  readonly close: () => void
  /** All are closed now; what is under way fails. */
  readonly destroy: () => void
}

export type Http1PoolOptions = Pick<ConnectionOptions, 'connectTimeoutMs' | 'keepAliveMs' | 'onOtherProtocol'>

// How often connections are looked for that have been free for too long.
const sweepMs = 1000

/** As many connections as there are requests at the same time; the one that became free last is used first. */
export function createHttp1Pool(origin: URL, options: Http1PoolOptions): Http1Pool {
  const openSocket = socketsTo(origin)
  const headOf = createRequestHeads(origin.host)
  const readHead = createHeadReader()
  const all = new Set<Http1Connection>()
  const free: Http1Connection[] = []
  let isClosing = false
  let sweeping: NodeJS.Timeout | undefined

  const open = (): Http1Connection => {
    const connection: Http1Connection = openConnection({
      ...options,
      openSocket,
      readHead,
      onFree() {
        if (isClosing) connection.close()
        else free.push(connection)
      },
      onClosed() {
        all.delete(connection)
        const at = free.indexOf(connection)
        if (at >= 0) free.splice(at, 1)
        if (all.size === 0) {
          clearInterval(sweeping)
          sweeping = undefined
        }
      },
    })
    all.add(connection)
    sweeping ??= setInterval(sweep, sweepMs).unref()
    return connection
  }

  function sweep(): void {
    const nowMs = performance.now()
    for (const connection of [...free]) if (connection.freeUntilMs() <= nowMs) connection.close()
  }

  const take = (): Http1Connection => {
    const nowMs = performance.now()
    for (;;) {
      const connection = free.pop()
      if (connection === undefined) return open()
      if (connection.freeUntilMs() > nowMs) return connection
      connection.close()
    }
  }

  return {
    dispatch(request, handler) {
      // What cannot be written takes no connection.
      const { body } = request
      const bytes = isInPieces(body) ? lengthOf(body) : Buffer.byteLength(body ?? '')
      const head = headOf(request, bytes)
      take().send({ head, bytes, request }, handler)
    },
    close() {
      isClosing = true
      for (const connection of [...free]) connection.close()
    },
    destroy() {
      isClosing = true
      for (const connection of [...all]) connection.close()
    },
  }
}
