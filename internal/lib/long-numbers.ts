import type { Revive } from './exact-json.ts'

/** So bigints are written as the numbers that they were. */
BigInt.prototype.toJSON = function () {
  return JSON.rawJSON(this.toString())
}

// More digits than anybody's ids have: who sends them wants to keep the relay busy.
const mostDigits = 40

/** Whether a whole number is one that JavaScript may have rounded. */
export function isRounded(value: number): boolean {
  return !Number.isSafeInteger(value) && Number.isInteger(value)
}

/** For JSON.parse: whole numbers beyond 2^53 become bigints. */
export const keepLong: Revive = (_key, value, { source }) =>
  typeof value === 'number' && source !== undefined && isLong(value, source) ? BigInt(source) : value

function isLong(value: number, source: string): boolean {
  return isRounded(value) && source.length <= mostDigits && /^-?\d+$/.test(source)
}
