import { collectGarbage } from './collect-garbage.ts'

/**
 * Gives the memory back that only the start needed. V8 would do so with the first garbage collection of everything, which a relay
 * without requests does not come to.
 */
export function releaseStart(): void {
  collectGarbage('last-resort')
}
