/** The last values of a series, up to a fixed number. */
export type Ring<T> = {
  /** Adds a value; gives the one that fell out. */
  readonly push: (value: T) => T | undefined
  readonly size: () => number
  /** What is kept, in no order. */
  readonly values: () => readonly T[]
  readonly clear: () => void
}

export function createRing<T>(capacity: number): Ring<T> {
  let values: T[] = []
  let at = 0
  return {
    push(value) {
      const evicted = values[at]
      values[at] = value
      at = (at + 1) % capacity
      return evicted
    },
    size: () => values.length,
    values: () => values,
    clear() {
      values = []
      at = 0
    },
  }
}
