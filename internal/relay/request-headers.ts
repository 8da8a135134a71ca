import type { ProviderConfig } from '#config/config.ts'
import { streamTypes } from '#framing/frames.ts'
import type { Prepared } from './prepare.ts'

/**
 * The headers of a request to a provider, but for its key: ours and the provider's. Of the client's own only the allow-list's come
 * along, and only to a provider of the same dialect: elsewhere they would mean nothing.
 */
export function callHeaders(provider: ProviderConfig, prepared: Prepared, forward: Headers): Headers {
  const { call, encoded, passthrough } = prepared
  const accept = acceptOf(prepared)
  const usual = call === undefined ? usualHeaders(provider, accept) : headersOf(provider, accept, call.contentType)
  const isUsual = isEmpty(encoded.headers) && !(passthrough && !isEmpty(forward))
  // What the routing file sets is last, over all that comes by the request.
  return isUsual ? usual : { ...usual, ...encoded.headers, ...(passthrough ? forward : {}), ...provider.headers }
}

/** Those by which the provider's spans join ours, but for what the routing file sets. */
export function traceHeaders({ headers }: ProviderConfig, trace: Headers | undefined): Headers | undefined {
  if (trace === undefined || isEmpty(headers)) return trace
  return Object.fromEntries(Object.entries(trace).filter(([name]) => !Object.hasOwn(headers, name)))
}

type Headers = Readonly<Record<string, string>>

/** The headers that the requests to a provider mostly have, by what they accept: a whole answer, or a stream. */
const usualOf = new WeakMap<ProviderConfig, Map<string, Headers>>()
/** Each of these with the key that was used last. */
const signedOf = new WeakMap<Headers, { readonly key: string | undefined; readonly headers: Headers }>()

/** The same object each time: it needs not be written anew either (upstream/http1/request-text.ts). */
function usualHeaders(provider: ProviderConfig, accept: string): Headers {
  const known = usualOf.get(provider) ?? new Map<string, Headers>()
  const usual = known.get(accept)
  if (usual !== undefined) return usual
  const made = headersOf(provider, accept)
  usualOf.set(provider, known.set(accept, made))
  signedOf.set(made, { key: undefined, headers: made })
  return made
}

function headersOf({ type, headers }: ProviderConfig, accept: string, contentType = 'application/json'): Headers {
  return { 'content-type': contentType, accept, 'user-agent': 'outrigger', ...type.headers, ...headers }
}

/** The headers with the one by which the provider knows us. */
export function signedHeaders(headers: Headers, provider: ProviderConfig, key: string | undefined): Headers {
  const known = signedOf.get(headers)
  if (known !== undefined && known.key === key) return known.headers
  const signed = { ...headers, ...authHeaders(provider, key) }
  if (known !== undefined) signedOf.set(headers, { key, headers: signed })
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
