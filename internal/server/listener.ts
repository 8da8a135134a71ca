import cluster from 'node:cluster'
import type { Server } from 'node:http'
import * as net from 'node:net'
import { type Address, parseAddress } from '#lib/address.ts'
import { err, ok, type Result } from '#lib/result.ts'
import { createTurnEnd } from '#lib/turn-end.ts'
import { handle } from './handle.ts'
import type { HandlerDeps } from './handler-deps.ts'
import type { ClientRequest } from './http/client-request.ts'
import type { ClientResponse } from './http/client-response.ts'
import { createLightServer } from './http/server.ts'
import { respondError } from './respond.ts'

export type Listener = {
  readonly server: Server
  /** The address that it listens on, once it does. */
  readonly listen: (address: string) => Promise<Result<Address, string>>
  /** From now on answers tell the client to close its connection. */
  readonly startDraining: () => void
}

// Longer than the 60 s of common load balancers, so that they close the connection and not we.
const keepAliveMs = 75_000
/** Time for a client to send its headers. */
const headersTimeoutMs = 15_000
/** Time for a client to send its whole request. */
const requestTimeoutMs = 120_000
const maxHeaderBytes = 32 * 1024

const turnEnd = createTurnEnd()

/** The client port. */
export function createListener(deps: HandlerDeps): Listener {
  let draining = false
  const onRequest = (request: ClientRequest, response: ClientResponse): void => {
    if (draining) response.closeAfter()
    turnEnd()
      .then(() => handle(request, response, deps))
      .catch((error: unknown) => answerBug(error, response, deps))
  }
  const server = createLightServer(
    {
      keepAliveTimeout: keepAliveMs,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      maxHeaderSize: maxHeaderBytes,
      noDelay: true,
    },
    onRequest,
  )
  return {
    server,
    listen: (address) => listenOn(server, address),
    startDraining() {
      draining = true
    },
  }
}

// Connections that wait to be taken: a fleet that reconnects at once must not lose any. The system's own limit (4096 on Linux) counts.
const backlog = 4096

/** Starts listening; the error is a sentence for the log. */
export function listenOn(server: Server, text: string): Promise<Result<Address, string>> {
  const address = parseAddress(text)
  if (!address.ok) return Promise.resolve(err(`${text}: ${address.error}`))
  const { promise, resolve } = Promise.withResolvers<Result<Address, string>>()
  server.once('error', (error) => resolve(err(`cannot listen on ${text}: ${whyNot(error)}`)))
  server.once('listening', () => resolve(ok(actual(server, address.value))))
  if (address.value.kind === 'unix') server.listen({ path: address.value.path, backlog })
  else bind(server, address.value)
  return promise
}

/**
 * To look up what is an address already would take a tenth of the start: it is bound at once. A worker's port is the primary's to open.
 * Node has the bound socket from 26.4 on.
 */
function bind(server: Server, { host, port }: Extract<Address, { readonly kind: 'tcp' }>): void {
  if (host === undefined || !net.isIPv4(host) || !cluster.isPrimary || !('BoundSocket' in net)) {
    server.listen({ port, host, backlog })
    return
  }
  try {
    server.listen(new net.BoundSocket({ host, port }), backlog)
  } catch (error) {
    // As if it had been found out while listening.
    server.emit('error', error)
  }
}

/** What happened, and the way out. */
function whyNot(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return 'something else listens there, maybe another relay; stop it, or take another address (`listen` and `admin` in the routing file, --listen and --admin; port 0 takes a free one)'
    case 'EACCES':
      return 'that needs more rights; ports from 1024 on do not (`listen` and `admin` in the routing file, --listen and --admin)'
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address; `:7070` takes all that it has'
    default:
      return error.message
  }
}

/** With port 0 the system chooses. */
function actual(server: Server, asked: Address): Address {
  const bound = server.address()
  return asked.kind === 'unix' || bound === null || typeof bound === 'string' ? asked : { ...asked, port: bound.port }
}

function answerBug(error: unknown, response: ClientResponse, deps: HandlerDeps): void {
  const requestId = deps.newId()
  deps.onBug(error, requestId)
  if (response.headersSent) {
    response.destroy()
    return
  }
  respondError(response, deps.fallbackDialect, {
    code: 'internal_error',
    kind: 'internal',
    message: 'an error inside the relay',
    requestId,
  })
}
