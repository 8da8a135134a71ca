import type { ResponseHandler } from '../connections.ts'
import { openConnection, type PlainConnection } from './connection.ts'
import { type PlainRequest, requestHead } from './request-text.ts'

/** Connections to one origin. */
export type PlainPool = {
  readonly dispatch: (request: PlainRequest, handler: ResponseHandler) => void
  /** Those that are free are closed now, the others when their requests have ended. */
  readonly close: () => void
  /** All are closed now; what is under way fails. */
  readonly destroy: () => void
}

export type PlainPoolOptions = { readonly connectTimeoutMs: number; readonly keepAliveMs: number }

// How often connections are looked for that have been free for too long.
const sweepMs = 1000

/** As many connections as there are requests at the same time; the one that became free last is used first. */
export function createPlainPool(origin: URL, { connectTimeoutMs, keepAliveMs }: PlainPoolOptions): PlainPool {
  const all = new Set<PlainConnection>()
  const free: PlainConnection[] = []
  let isClosing = false
  let sweeping: NodeJS.Timeout | undefined

  const open = (): PlainConnection => {
    const connection: PlainConnection = openConnection({
      host: origin.hostname.replace(/^\[|\]$/g, ''),
      port: Number(origin.port === '' ? 80 : origin.port),
      connectTimeoutMs,
      keepAliveMs,
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

  const take = (): PlainConnection => {
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
      const bytes = Buffer.byteLength(body ?? '')
      const head = requestHead(request, origin.host, bytes)
      take().send({ head, body, bytes }, handler)
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
