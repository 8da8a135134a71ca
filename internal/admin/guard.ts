import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { type AdminAnswer, text } from './admin-answer.ts'

/** What a request to the operators' port must be to be answered. */
export type GuardRules = {
  /** Names of this port, besides addresses and names that only this network knows. */
  readonly hosts: () => readonly string[]
  /** Paths that are answered under any name: what kubelets and Prometheus ask, by whatever name they know. */
  readonly open: ReadonlySet<string>
}

/**
 * Refuses what a foreign page would have a browser do. A page whose name leads to this machine's address (DNS rebinding) is of the
 * same origin for the browser, but its name is in `Host`; every other page gives itself away by its origin.
 */
export function refusal(request: IncomingMessage, path: string, { hosts, open }: GuardRules): AdminAnswer | undefined {
  const { host } = request.headers
  if (!open.has(path) && !isOwnHost(host, hosts()))
    return text(421, 'this port does not answer to that name; admin_hosts in the routing file has those that it answers to\n')
  // A page may not make the relay do things: only the same origin, or a tool, may write.
  const reads = request.method === 'GET' || request.method === 'HEAD'
  return !reads && isCrossOrigin(request) ? text(403, 'requests from other origins are refused\n') : undefined
}

/** Ends of names that nobody can register, so that no foreign page has one: RFC 6761, RFC 8375, RFC 9476 and Kubernetes' own. */
const privateEnd = /\.(?:localhost|local|internal|home\.arpa|svc|test|alt)$/

/** Whether the `Host` header names an address, this machine, this network, or one of the names given. */
export function isOwnHost(host: string | undefined, names: readonly string[]): boolean {
  // Browsers always send one.
  if (host === undefined) return true
  const name = URL.parse(`http://${host}`)?.hostname.replace(/\.$/, '')
  if (name === undefined) return false
  if (isIP(name.replace(/^\[|\]$/g, '')) !== 0) return true
  // Names without a dot are of this network: `localhost`, a service of compose or of the same namespace.
  if (!name.includes('.') || privateEnd.test(name)) return true
  return names.some((own) => own.toLowerCase() === name)
}

function isCrossOrigin({ headers }: IncomingMessage): boolean {
  const { origin, host } = headers
  if (headers['sec-fetch-site'] === 'cross-site') return true
  return origin !== undefined && URL.parse(origin)?.host !== host?.toLowerCase()
}
