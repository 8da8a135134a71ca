import type { ProviderConfig } from '#config/config.ts'
import { streamTypes } from '#framing/frames.ts'
import type { Prepared } from './prepare.ts'

/**
 * The headers of a request to a provider, but for its key: ours and the provider's. Of the client's own only the allow-list's come
 * along, and only to a provider of the same dialect: elsewhere they would mean nothing. `trace` joins the provider's spans to ours.
 */
export function callHeaders(
  provider: ProviderConfig,
  prepared: Prepared,
  forward: Readonly<Record<string, string>>,
  trace?: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return {
    'content-type': prepared.call?.contentType ?? 'application/json',
    accept: acceptOf(prepared),
    'user-agent': 'outrigger',
    ...provider.type.headers,
    ...prepared.encoded.headers,
    ...(prepared.passthrough ? forward : {}),
    ...trace,
    ...provider.headers,
  }
}

function acceptOf({ call, request, dialect }: Prepared): string {
  if (call !== undefined) return '*/*'
  return request.stream ? `${streamTypes[dialect.framing ?? 'sse']}, application/json` : 'application/json'
}

/** The header by which the provider knows us, where the key alone is enough; none for a provider without a key. */
export function authHeaders({ type }: ProviderConfig, key: string | undefined): Readonly<Record<string, string>> {
  if (key === undefined || key === '' || type.auth.kind !== 'header') return {}
  const { header, scheme, bearer } = type.auth
  if (bearer?.(key) === true) return { authorization: `Bearer ${key}` }
  return { [header]: scheme === undefined ? key : `${scheme} ${key}` }
}
