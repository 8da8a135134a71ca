import type { Revive } from './exact-json.ts'

/** So bigints are written as the numbers that they were. */
BigInt.prototype.toJSON = function () {
  return JSON.rawJSON(this.toString())
}

// What has fewer digits is below 2^53.
const fewest = 16
// Digits after a point are no whole number.
const longNumber = /[[:,\s]-?\d{16}/

// More digits than anybody's ids have: who sends them wants to keep the relay busy.
const mostDigits = 40

/** Whether a JSON text may have whole numbers that JavaScript would round. */
export function mayHaveLong(text: string): boolean {
  return hasDigitsInARow(text) && longNumber.test(text)
}

/**
 * Finds most texts that have no long number. Of so many digits in a row one stands at a multiple of their number, so that only there is
 * looked: an expression, which looks at every letter, takes longer than JSON.parse itself.
 */
function hasDigitsInARow(text: string): boolean {
  for (let at = fewest - 1; at < text.length; at += fewest) {
    if (!isDigit(text, at)) continue
    let first = at
    while (first > 0 && isDigit(text, first - 1)) first--
    let end = at + 1
    while (end < text.length && isDigit(text, end)) end++
    if (end - first >= fewest) return true
  }
  return false
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= 0x30 && code <= 0x39
}

/** For JSON.parse: whole numbers beyond 2^53 become bigints. */
export const keepLong: Revive = (_key, value, { source }) =>
  typeof value === 'number' && source !== undefined && isLong(value, source) ? BigInt(source) : value

function isLong(value: number, source: string): boolean {
  return !Number.isSafeInteger(value) && source.length <= mostDigits && /^-?\d+$/.test(source)
}
