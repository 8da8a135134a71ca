import type { ProviderConfig } from '#config/config.ts'
import { streamTypes } from '#framing/frames.ts'
import type { Prepared } from './prepare.ts'

/**
 * The headers of a request to a provider, but for its key: ours and the provider's. Of the client's own only the allow-list's come
 * along, and only to a provider of the same dialect: elsewhere they would mean nothing.
 */
export function callHeaders(provider: ProviderConfig, prepared: Prepared, forward: Readonly<Record<string, string>>): Headers {
  const own = prepared.encoded.headers
  const contentType = prepared.call?.contentType ?? 'application/json'
  const usual = usualHeaders(provider, contentType, acceptOf(prepared))
  const isUsual = isEmpty(own) && !(prepared.passthrough && !isEmpty(forward))
  // What the routing file sets is last, over all that comes by the request.
  return isUsual ? usual : { ...usual, ...own, ...(prepared.passthrough ? forward : {}), ...provider.headers }
}

/** Those by which the provider's spans join ours, but for what the routing file sets. */
export function traceHeaders({ headers }: ProviderConfig, trace: Headers | undefined): Headers | undefined {
  if (trace === undefined || isEmpty(headers)) return trace
  return Object.fromEntries(Object.entries(trace).filter(([name]) => !Object.hasOwn(headers, name)))
}

type Headers = Readonly<Record<string, string>>

/** The headers that the requests to a provider mostly have, and the same with the key that was used last. */
type Usual = { readonly contentType: string; readonly accept: string; readonly headers: Headers }
type Signed = { readonly key: string | undefined; readonly headers: Headers }

const usualOf = new WeakMap<ProviderConfig, Usual>()
const signedOf = new WeakMap<Headers, Signed>()

/** Made again only when something else is asked for: what is the same object each time needs not be written anew either (upstream/http1/request-text.ts). */
function usualHeaders(provider: ProviderConfig, contentType: string, accept: string): Headers {
  const known = usualOf.get(provider)
  if (known !== undefined && known.contentType === contentType && known.accept === accept) return known.headers
  const headers = {
    'content-type': contentType,
    accept,
    'user-agent': 'outrigger',
    ...provider.type.headers,
    ...provider.headers,
  }
  usualOf.set(provider, { contentType, accept, headers })
  return headers
}

/** The headers with the one by which the provider knows us. */
export function signedHeaders(headers: Headers, provider: ProviderConfig, key: string | undefined): Headers {
  if (usualOf.get(provider)?.headers !== headers) return { ...headers, ...authHeaders(provider, key) }
  const known = signedOf.get(headers)
  if (known !== undefined && known.key === key) return known.headers
  const signed = { ...headers, ...authHeaders(provider, key) }
  signedOf.set(headers, { key, headers: signed })
  return signed
}

function isEmpty(headers: Headers): boolean {
  for (const _name in headers) return false
  return true
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
