import { connect, isIP, type OnReadOpts, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, createSecureContext, type SecureContext } from 'node:tls'

/** A socket on its way to a provider. */
export type Opening = {
  readonly socket: Socket
  /** Tells when requests may be written. */
  readonly readyEvent: 'connect' | 'secureConnect'
}

/** Opens a socket to one origin; what is read goes where it says. */
export type OpenSocket = (onread: OnReadOpts) => Opening

const tcpKeepAliveMs = 60_000

/** With TLS where the origin has it. */
export function socketsTo(origin: URL): OpenSocket {
  const host = origin.hostname.replace(/^\[|\]$/g, '')
  const isSecure = origin.protocol === 'https:'
  const address = {
    host,
    port: Number(origin.port === '' ? (isSecure ? 443 : 80) : origin.port),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: tcpKeepAliveMs,
  }
  return isSecure ? secureSocketsTo(address) : (onread) => ({ socket: connect({ ...address, onread }), readyEvent: 'connect' })
}

function secureSocketsTo(address: ConnectionOptions & { readonly host: string }): OpenSocket {
  // What was agreed on in one handshake makes the next ones shorter (RFC 8446, section 2.2).
  let session: Buffer | undefined
  const options: ConnectionOptions = { ...address, ALPNProtocols: ['http/1.1'], secureContext: commonContext() }
  // A server is named by its name, never by an address (RFC 6066, section 3).
  if (isIP(address.host) === 0) options.servername = address.host
  return (onread) => {
    const withReading: ConnectionOptions & { onread: OnReadOpts } = { ...options, onread }
    if (session !== undefined) withReading.session = session
    const socket = connectTls(withReading)
    socket.on('session', (agreed) => {
      session = agreed
    })
    return { socket, readyEvent: 'secureConnect' }
  }
}

let context: SecureContext | undefined

/** Node would make one for each connection. */
function commonContext(): SecureContext {
  context ??= createSecureContext()
  return context
}
