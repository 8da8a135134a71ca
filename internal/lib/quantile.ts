import { createRing } from './ring.ts'

/** Quantiles over the last values of a series. */
export type QuantileWindow = {
  readonly add: (value: number) => void
  /** Nearest rank, 0 < q ≤ 1; undefined while there are no values. */
  readonly at: (q: number) => number | undefined
  readonly size: () => number
}

/** Keeps the values sorted as they come: for some hundred values a move of memory is cheaper than sorting when asked. */
export function createQuantileWindow(capacity: number): QuantileWindow {
  const arrivals = createRing<number>(capacity)
  const sorted = new Float64Array(capacity)
  let size = 0
  return {
    add(value) {
      const evicted = arrivals.push(value)
      if (evicted !== undefined) {
        const from = lowerBound(sorted, size, evicted)
        sorted.copyWithin(from, from + 1, size)
        size--
      }
      const to = lowerBound(sorted, size, value)
      sorted.copyWithin(to + 1, to, size)
      sorted[to] = value
      size++
    },
    at: (q) => (size === 0 ? undefined : sorted[Math.min(size, Math.max(1, Math.ceil(q * size))) - 1]),
    size: () => size,
  }
}

/** The first place whose value is not smaller. */
function lowerBound(sorted: Float64Array, size: number, value: number): number {
  let low = 0
  let high = size
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? Number.POSITIVE_INFINITY) < value) low = middle + 1
    else high = middle
  }
  return low
}
