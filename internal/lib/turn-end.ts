/** Waits until all that has come in this turn of the event loop has been read. */
export type TurnEnd = () => Promise<void>

/**
 * A step of a request that waits for the end of the turn. Whoever waits for the same step goes on together, one after another, each up to
 * where it waits for something else: so a step's code, which is large, is in the processor's caches for all but the first. Doing all
 * steps for each request takes up to twice the time (docs/performance.md).
 *
 * Who begins to wait while others go on waits for the next turn.
 */
export function createTurnEnd(): TurnEnd {
  let end: PromiseWithResolvers<void> | undefined
  const goOn = (): void => {
    end?.resolve()
    end = undefined
  }
  return () => {
    if (end === undefined) {
      end = Promise.withResolvers<void>()
      setImmediate(goOn)
    }
    return end.promise
  }
}
