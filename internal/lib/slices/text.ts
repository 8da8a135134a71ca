import type { TextOf } from './levels.ts'

/** A string that has begun and not ended. A long one is put together of pieces, each read apart. */
export type Text = {
  /** Where its quote stands. */
  readonly start: number
  /** Where what of it is unread begins, which is never within an escape. */
  from: number
  /** Whether it is read in pieces; otherwise with what is around it. */
  isLong: boolean
  /** Whether each byte read so far is one character, as in base64: then it is made of its bytes, which is quickest. */
  isPlain: boolean
  /** What was read of one that is not plain. */
  readonly pieces: string[]
  /** The next quote that was found: the end of a long string is far away, and looked for once. */
  quote: number
}

export const quote = 0x22
const backslash = 0x5c
const letterU = 0x75
const longestEscape = 6

// Most strings are short: names, and words like `user`. Finding the end of a long one is what `indexOf` does best.
const shortString = 24

export function textAt(start: number): Text {
  return { start, from: start + 1, isLong: false, isPlain: true, pieces: [], quote: -1 }
}

/** Where the quote is that ends it, from `at` on; `until`, if it does not end before. */
export function endOf(text: Text, bytes: Buffer, at: number, until: number): number {
  if (at > text.start + 1) return farEnd(text, bytes, at, until)
  const soon = Math.min(until, at + shortString)
  for (let near = at; near < soon; near++) {
    const byte = bytes[near]
    if (byte === quote) return near
    if (byte === backslash) break
  }
  return farEnd(text, bytes, at, until)
}

function farEnd(text: Text, bytes: Buffer, from: number, until: number): number {
  for (let at = from; at < until; at++) {
    if (text.quote < at) {
      const found = bytes.indexOf(quote, at)
      text.quote = found < 0 ? bytes.length : found
    }
    at = text.quote
    if (at < until && !isEscaped(bytes, at, text.from)) return at
  }
  return until
}

/** Reads the piece of it that ends here. */
export function readPiece(text: Text, to: number, textOf: TextOf): void {
  const parsed: unknown = JSON.parse(`"${textOf(text.from, to)}"`)
  const piece = String(parsed)
  if (text.isPlain && !isPlainPiece(piece, to - text.from)) {
    text.isPlain = false
    text.pieces.push(textOf(text.start + 1, text.from))
  }
  if (!text.isPlain) text.pieces.push(piece)
  text.from = to
  text.isLong = true
}

/** An escape, and a character beyond ASCII, has more bytes than characters; a byte that is none becomes this one character. */
function isPlainPiece(piece: string, bytes: number): boolean {
  return piece.length === bytes && !piece.includes('\ufffd')
}

/** All of a long one, which ends here. */
export function wholeOf(text: Text, bytes: Buffer, end: number): string {
  return text.isPlain ? bytes.toString('latin1', text.start + 1, end) : text.pieces.join('')
}

/** Whether the byte is escaped by the one before; before `floor` no escape begins. */
function isEscaped(bytes: Buffer, at: number, floor: number): boolean {
  let first = at
  while (first > floor && bytes[first - 1] === backslash) first--
  return (at - first) % 2 === 1
}

/** The last place up to `to` where it can be cut: within no character and no escape. */
export function cutBefore({ from }: Text, bytes: Buffer, to: number): number {
  for (let start = to - 1; start >= from && start > to - longestEscape; start--) {
    // The second of two backslashes begins nothing.
    if (bytes[start] !== backslash || isEscaped(bytes, start, from)) continue
    const length = bytes[start + 1] === letterU ? longestEscape : 2
    if (start + length > to) return start
  }
  let cut = to
  while (cut > from && cut > to - 3 && isContinuation(bytes[cut])) cut--
  // After three of them the next belongs to nothing.
  return isContinuation(bytes[cut]) ? to : cut
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}
