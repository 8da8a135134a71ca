import { dirname, resolve } from 'node:path'
import { compact } from '#lib/json.ts'
import { buildTerms } from './build-clients.ts'
import type { BuildContext } from './build-context.ts'
import { reportRepeated } from './repeated.ts'
import type { IssuerConfig, IssuerEntry } from './schema/jwt.ts'
import type { Filled } from './schema/routing-file.ts'

const usual = {
  algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'],
  toleranceMs: 30_000,
  refreshMs: 600_000,
} as const

/** The block `jwt`: whose tokens are taken in place of virtual keys. */
export function buildJwt(data: Filled, context: BuildContext, clients: ReadonlySet<string>): readonly IssuerConfig[] {
  const issuers = data.jwt.map((entry, index) => buildIssuer(entry, ['jwt', String(index)], data, context))
  for (const [index, { name }] of issuers.entries()) {
    const taken = [...clients].find((client) => client.startsWith(`${name}:`))
    if (taken !== undefined)
      context.report(['jwt', String(index), 'name'], `the client ${taken} could not be told from one that comes with a token`)
  }
  reportRepeated(issuers, { path: ['jwt'], field: 'name', what: 'issuer', report: context.report })
  return issuers
}

function buildIssuer(entry: IssuerEntry, path: readonly string[], data: Filled, context: BuildContext): IssuerConfig {
  const { name, issuer, audience, algorithms, clock_tolerance, refresh, client, claims, grants } = entry
  return compact({
    name,
    issuer,
    audience: typeof audience === 'string' ? [audience] : audience,
    jwks: buildJwks(entry.jwks, path, context),
    algorithms: algorithms ?? [...usual.algorithms],
    clock_tolerance: clock_tolerance ?? usual.toleranceMs,
    refresh: refresh ?? usual.refreshMs,
    client: client ?? 'sub',
    claims,
    grants: grants?.map((grant, at) =>
      compact({
        ...buildTerms(grant, [...path, 'grants', String(at)], { report: context.report, data }),
        when: grant.when,
        client: grant.client,
      }),
    ),
  })
}

/** Keys that came over a line which others can write to would let in whoever they like. */
function buildJwks(jwks: string, path: readonly string[], { file, report, sources }: BuildContext): string {
  const place = [...path, 'jwks']
  if (URL.canParse(jwks) && /^https?:/.test(jwks)) {
    const { protocol, hostname } = new URL(jwks)
    const isHere = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
    if (protocol === 'http:' && !isHere) report(place, 'jwks must be fetched over https://')
    return jwks
  }
  const whole = resolve(dirname(file), jwks)
  try {
    sources.readFile(whole)
  } catch (error) {
    report(place, `${jwks} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
  return whole
}
