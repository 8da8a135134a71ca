import { randomBytes } from 'node:crypto'
import { joined } from './flat-text.ts'

/**
 * Makes ids that are unique across processes: a random prefix drawn once, with the first id, and a counter. Drawing randomness for each
 * request costs a fifth of what a small request costs in all.
 */
export function createIds(): () => string {
  let prefix = ''
  let count = 0
  return () => {
    prefix ||= drawPrefix()
    return joined(prefix, (count++).toString(36).padStart(6, '0'))
  }
}

function drawPrefix(): string {
  return randomBytes(9).toString('base64url').replaceAll('_', 'a').replaceAll('-', 'b')
}
