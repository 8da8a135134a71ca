import { type Address, parseAddress } from '#lib/address.ts'
import type { Report } from './report.ts'
import type { Filled } from './schema/routing-file.ts'

/** Where the relay listens, and that no provider is the relay itself. */
export function checkAddresses(data: Filled, report: Report): void {
  const listen = checkAddress(data.listen, 'listen', report)
  const admin = checkAddress(data.admin, 'admin', report)
  if (listen === undefined || admin === undefined) return
  if (collide(listen, admin)) report(['admin'], `admin is the same address as listen: ${data.admin}`)
  for (const [name, { base_url }] of Object.entries(data.providers)) {
    if (base_url !== undefined && leadsTo(base_url, listen)) {
      const hint = `listen: ${data.listen}`
      report(['providers', name, 'base_url'], `a cycle: ${base_url} is this relay itself`, { hint })
    }
  }
}

function checkAddress(text: string, key: 'listen' | 'admin', report: Report): Address | undefined {
  const parsed = parseAddress(text)
  if (parsed.ok) return parsed.value
  report([key], `${text === '' ? key : text} ${parsed.error}`)
  return undefined
}

function collide(left: Address, right: Address): boolean {
  if (left.kind === 'unix' || right.kind === 'unix') {
    return left.kind === 'unix' && right.kind === 'unix' && left.path === right.path
  }
  // Port 0 is any free one.
  if (left.port !== right.port || left.port === 0) return false
  return isAnywhere(left.host) || isAnywhere(right.host) || left.host === right.host
}

function leadsTo(url: string, listen: Address): boolean {
  if (listen.kind === 'unix' || !URL.canParse(url)) return false
  const { hostname, port, protocol } = new URL(url)
  const number = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
  if (number !== listen.port) return false
  const host = hostname.replace(/^\[|\]$/g, '')
  return host === listen.host || (isLoopback(host) && (isAnywhere(listen.host) || isLoopback(listen.host ?? '')))
}

function isAnywhere(host: string | undefined): boolean {
  return host === undefined || host === '0.0.0.0' || host === '::'
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '0.0.0.0' || host.startsWith('127.')
}
