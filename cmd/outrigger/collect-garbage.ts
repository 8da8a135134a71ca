import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** `last-resort` gives back all that can be, also what code that has been compiled was made for; `regular` leaves that. */
export type Flavor = 'regular' | 'last-resort'

/** Collects the garbage of everything. It holds the process for some 20 ms: for when nobody waits. */
export function collectGarbage(flavor: Flavor): void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  if (typeof collect === 'function') collect({ type: 'major', execution: 'sync', flavor })
}
