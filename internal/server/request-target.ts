import { requestUrl } from '#lib/request-url.ts'

/** What a client asks for (RFC 9112, section 3.2): path and query of the request line. */
export type RequestTarget = {
  /** Percent-encoded as it came, dots resolved, without slashes that separate nothing. */
  readonly path: string
  /** With its question mark; empty when there is none. */
  readonly search: string
  readonly query: URLSearchParams
}

// Nearly every request's target: parsing it as a URL would change nothing, and costs more than its routing.
const plain = /^\/[\w\-:@]+(?:[/.][\w\-:@]+)*$/

const noQuery = new URLSearchParams()

/** Reads the target of a request line; undefined when it is none. */
export function readTarget(text: string): RequestTarget | undefined {
  if (plain.test(text)) return { path: text, search: '', query: noQuery }
  const url = requestUrl(text)
  return url === null ? undefined : { path: pathOf(url), search: url.search, query: url.searchParams }
}

/** A base URL with a slash at its end makes two of one. What goes to a provider as it is stays as it is. */
function pathOf({ pathname }: URL): string {
  if (/^\/+providers\//.test(pathname)) return pathname.replace(/^\/+/, '/')
  return pathname.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '')
}
