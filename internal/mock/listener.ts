import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type Address, urlOf } from '#lib/address.ts'
import type { Timers } from './timers.ts'

/** An open port of the mock. */
export type Listener = {
  /** Where it can be reached; for a Unix socket `unix:/path`. */
  readonly url: string
  /** Gives the port up for a while: the system itself refuses connections. Open ones that are busy go on. */
  readonly refuse: (ms: number) => void
  /** Breaks every connection and closes the port. */
  readonly close: () => Promise<void>
}

type OnRequest = (request: IncomingMessage, response: ServerResponse) => void

/** Opens a port; port 0 takes a free one. The promise is broken by what the system says: port taken, no right. */
export async function openListener(address: Address, timers: Timers, onRequest: OnRequest): Promise<Listener> {
  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0, headersTimeout: 0, noDelay: true }, onRequest)
  await listen(server, address)
  const bound = boundAddress(server, address)
  let closed = false

  const reopen = (): void => {
    if (closed || server.listening) return
    listen(server, bound).then(
      // The mock may have been closed while the port was being opened.
      () => closed && server.close(),
      // Somebody else may have taken the port in between: it is asked for again until it is free.
      () => timers.after(50, reopen),
    )
  }
  return {
    url: urlOf(bound),
    refuse(ms) {
      if (!server.listening) return
      server.close()
      timers.after(ms, reopen)
    },
    async close() {
      closed = true
      const done = server.listening ? new Promise<void>((resolve) => server.close(() => resolve())) : Promise.resolve()
      server.closeAllConnections()
      await done
    },
  }
}

// A thousand who connect at once must not be let wait by the system: a real provider does not do that either.
const backlog = 4096

function listen(server: Server, address: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => {
      reject(new Error(`the mock cannot listen: ${error.message}`, { cause: error }))
    }
    server.once('error', onError)
    const onListening = (): void => {
      server.off('error', onError)
      resolve()
    }
    if (address.kind === 'unix') server.listen(address.path, onListening)
    else
      server.listen({ port: address.port, backlog, ...(address.host === undefined ? {} : { host: address.host }) }, onListening)
  })
}

function boundAddress(server: Server, wanted: Address): Address {
  const address = server.address()
  if (wanted.kind === 'unix' || address === null || typeof address === 'string') return wanted
  return { ...wanted, port: address.port }
}
