import { inOnePiece } from './grown.ts'
import { inHundredths } from './hundredths.ts'

/** Writes one field of a line of JSON, with the comma before it; nothing for what is not there. */
export type JsonField<Value> = (value: Value | undefined) => string

// Nothing in it that JSON writes in another way.
const plain = /^[ !#-[\]-~]*$/

/** The text as JSON. What is plain, as most of what is logged is, needs no look at each of its characters by the serializer. */
export function quoted(text: string): string {
  return plain.test(text) ? `"${text}"` : JSON.stringify(text)
}

/** Most texts of a log are the same in line after line: the last one is kept as it was written. */
export function textField(name: string): JsonField<string> {
  const start = `,${JSON.stringify(name)}:`
  let last = ''
  let written = `${start}""`
  let isRepeated = true
  return (value) => {
    if (value === undefined) return ''
    if (value !== last) {
      last = value
      written = start + quoted(value)
      isRepeated = false
    } else if (!isRepeated) {
      inOnePiece(written)
      isRepeated = true
    }
    return written
  }
}

/** A number that is none is null, as JSON has it. */
export function numberField(name: string): JsonField<number> {
  const start = `,${JSON.stringify(name)}:`
  return (value) => (value === undefined ? '' : start + (Number.isFinite(value) ? value : 'null'))
}

/** A number with two decimals. */
export function hundredthsField(name: string): JsonField<number> {
  const start = `,${JSON.stringify(name)}:`
  return (value) => (value === undefined ? '' : start + (Number.isFinite(value) ? inHundredths(value) : 'null'))
}

/** Anything that JSON can hold. */
export function jsonField(name: string): JsonField<unknown> {
  const start = `,${JSON.stringify(name)}:`
  return (value) => {
    const written = JSON.stringify(value)
    return written === undefined ? '' : start + written
  }
}
