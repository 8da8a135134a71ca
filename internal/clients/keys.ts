import { createHash } from 'node:crypto'

/** Lower-case names. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** The digest of a key: what is compared, so that the time it takes tells nothing about the key itself. */
export function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

const hashed = /^sha256:(?<digest>[0-9a-f]{64})$/i

/** A key of the routing file as its digest: plain, or already `sha256:…` so that the file holds no secret. */
export function storedDigest(key: string): string {
  return hashed.exec(key)?.groups?.['digest']?.toLowerCase() ?? digestOf(key)
}

/** The key that a client gave, in whichever of the places where the vendors' SDKs put it. */
export function presentedKey(headers: RequestHeaders, query: URLSearchParams): string | undefined {
  const bearer = /^Bearer\s+(?<key>\S+)\s*$/i.exec(single(headers['authorization']) ?? '')?.groups?.['key']
  return (
    bearer ??
    single(headers['x-api-key']) ??
    single(headers['x-goog-api-key']) ??
    single(headers['api-key']) ??
    query.get('key') ??
    undefined
  )
}

function single(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
