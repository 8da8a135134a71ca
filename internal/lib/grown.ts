/**
 * `text` with `more` behind it, for texts that grow word by word for as long as a model speaks. V8 keeps such a text as a chain of its
 * pieces, and a piece cut out of a packet keeps the packet: ten times the text's own memory, for each stream that is under way. Now and
 * then it is made one piece again, at each eighth of its length, so that all copying together stays a small multiple of the text.
 */
export function grown(text: string, more: string): string {
  const next = text + more
  const step = Math.max(leastStep, lengthBits - stepsBits - Math.clz32(next.length))
  return next.length >>> step === text.length >>> step ? next : inOnePiece(next)
}

/** The same text. What was put together of pieces lies in one piece from now on: who writes it out need not walk through them. */
export function inOnePiece(text: string): string {
  lastRead[0] = text.charCodeAt(0)
  return text
}

// A hundred characters in pieces do no harm.
const leastStep = 7
const lengthBits = 31
const stepsBits = 3
// Reading a character of a chain makes it one piece. What is read must go somewhere, or the compiler leaves the reading out.
const lastRead = new Uint16Array(1)
