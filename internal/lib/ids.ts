import { randomBytes } from 'node:crypto'

/**
 * Makes ids that are unique across processes: a random prefix drawn once, and a counter. Drawing randomness for each
 * request costs a fifth of what a small request costs in all.
 */
export function createIds(): () => string {
  const prefix = randomBytes(9).toString('base64url').replaceAll('_', 'a').replaceAll('-', 'b')
  let count = 0
  return () => `${prefix}${(count++).toString(36).padStart(6, '0')}`
}
