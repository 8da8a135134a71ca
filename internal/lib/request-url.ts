/**
 * The target of a request line as a URL (RFC 9112, section 3.2); null when it is none. What begins with slashes is a path, however many
 * they are: the parser alone would take `//a/b` for a path `/b` at a host `a`.
 */
export function requestUrl(text: string): URL | null {
  return text.startsWith('/') ? URL.parse(`http://relay${text}`) : URL.parse(text, 'http://relay')
}
