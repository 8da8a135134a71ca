import type { Revive } from './exact-json.ts'

/** So bigints are written as the numbers that they were. */
BigInt.prototype.toJSON = function () {
  return JSON.rawJSON(this.toString())
}

// The first alone finds most texts that have none; digits after a point are no whole number.
const manyDigits = /\d{16}/
const longNumber = /[[:,\s]-?\d{16}/

// More digits than anybody's ids have: who sends them wants to keep the relay busy.
const mostDigits = 40

/** Whether a JSON text may have whole numbers that JavaScript would round. */
export function mayHaveLong(text: string): boolean {
  return manyDigits.test(text) && longNumber.test(text)
}

/** For JSON.parse: whole numbers beyond 2^53 become bigints. */
export const keepLong: Revive = (_key, value, { source }) =>
  typeof value === 'number' && source !== undefined && isLong(value, source) ? BigInt(source) : value

function isLong(value: number, source: string): boolean {
  return !Number.isSafeInteger(value) && source.length <= mostDigits && /^-?\d+$/.test(source)
}
