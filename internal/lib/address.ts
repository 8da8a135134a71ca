import { err, ok, type Result } from './result.ts'

/** Where to listen. */
export type Address =
  | { readonly kind: 'tcp'; readonly host: string | undefined; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

/** Reads `host:port`, `[::1]:port`, `:port` (all interfaces), `port` on localhost is not taken, and `unix:/path`. */
export function parseAddress(text: string): Result<Address, string> {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length)
    return path === '' ? err('a path must follow `unix:`') : ok({ kind: 'unix', path })
  }
  const match = /^(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<host>[^:[\]]*)):(?<port>\d{1,5})$/.exec(text)
  const port = Number(match?.groups?.['port'])
  if (match === null || port > 65_535) return err('must be host:port, :port or unix:/path')
  const host = match.groups?.['v6'] ?? match.groups?.['host']
  return ok({ kind: 'tcp', host: host === '' ? undefined : host, port })
}

/** The address as a URL that can be asked on this machine. */
export function urlOf(address: Address): string {
  if (address.kind === 'unix') return `unix:${address.path}`
  const host = address.host === undefined || address.host === '0.0.0.0' || address.host === '::' ? '127.0.0.1' : address.host
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`
}
