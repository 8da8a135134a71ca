import { inOnePiece } from './grown.ts'

/** Whether it can be the name of a header: a token (RFC 9110, section 5.6.2). */
export function isFieldName(text: string): boolean {
  return token.test(text)
}

/** Whether it can be the value of a header (RFC 9110, section 5.5): a break in it would begin another one, what lies beyond Latin-1 takes more than a byte. */
export function isFieldValue(text: string): boolean {
  return value.test(text)
}

// More are no length of anything.
const mostDigits = 15

/** The number that the text is in decimal digits (a `content-length`: RFC 9110, section 8.6); undefined for anything else. */
export function digitsIn(text: string): number | undefined {
  if (text === '' || text.length > mostDigits) return undefined
  let number = 0
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (digit < 0 || digit > 9) return undefined
    number = number * 10 + digit
  }
  return number
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

/**
 * A header as it goes over the wire, undefined for what cannot be written. A name has mostly the value that it had before: then nothing is
 * looked at again.
 */
export function createFieldLines(): (name: string, value: string) => string | undefined {
  const last = new Map<string, { readonly value: string; readonly line: string; isRepeated: boolean }>()
  return (name, value) => {
    const before = last.get(name)
    if (before !== undefined && before.value === value) {
      if (!before.isRepeated) inOnePiece(before.line)
      before.isRepeated = true
      return before.line
    }
    if (!isFieldValue(value) || (before === undefined && !isFieldName(name))) return undefined
    const line = `${name}: ${value}\r\n`
    if (before !== undefined || last.size < mostNames) last.set(name, { value, line, isRepeated: false })
    return line
  }
}
