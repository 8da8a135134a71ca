/** Waits until all that has come in this turn of the event loop has been read. */
export type TurnEnd = () => Promise<void>

// Enough that their code stays in the caches, few enough that the first do not wait for the last, nor outlive the young generation.
const mostAtOnce = 32

/**
 * A step of a request that waits for the end of the turn. Whoever waits for the same step goes on together, one after another, each up to
 * where it waits for something else: so a step's code, which is large, is in the processor's caches for all but the first. Doing all
 * steps for each request takes up to twice the time (docs/performance.md).
 *
 * At most 32 go on in one turn, and who begins to wait while they do waits for the next.
 */
export function createTurnEnd(): TurnEnd {
  const groups: PromiseWithResolvers<void>[] = []
  let inLast = 0
  const goOn = (): void => {
    groups.shift()?.resolve()
    if (groups.length > 0) setImmediate(goOn)
  }
  return () => {
    let last = groups.at(-1)
    if (last === undefined || inLast === mostAtOnce) {
      last = Promise.withResolvers<void>()
      inLast = 0
      if (groups.push(last) === 1) setImmediate(goOn)
    }
    inLast++
    return last.promise
  }
}
