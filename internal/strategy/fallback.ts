import { ranked, type Strategy } from './strategy.ts'

/** In the order of the routing file. */
export const fallback: Strategy = {
  name: 'fallback',
  order: (candidates) =>
    candidates.map((candidate, index) => ranked(candidate, index === 0 ? 'first in the file' : () => `fallback ${index}`)),
}
