/** Whether it can be the name of a header: a token (RFC 9110, section 5.6.2). */
export function isFieldName(text: string): boolean {
  return token.test(text)
}

/** Whether it can be the value of a header (RFC 9110, section 5.5): a break in it would begin another one, what lies beyond Latin-1 takes more than a byte. */
export function isFieldValue(text: string): boolean {
  return value.test(text)
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const value = /^[\t\x20-\x7e\x80-\xff]*$/

const mostNames = 500

/** Names of headers in lower case, undefined for what is none. As they are written they are few: each is looked at once. */
export function createFieldNames(): (written: string) => string | undefined {
  const known = new Map<string, string>()
  return (written) => {
    const found = known.get(written)
    if (found !== undefined) return found
    if (!isFieldName(written)) return undefined
    const name = written.toLowerCase()
    if (known.size < mostNames) known.set(written, name)
    return name
  }
}
