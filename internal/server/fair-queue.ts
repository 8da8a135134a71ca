/** What waits, in the order in which it gets its turn. */
export type FairQueue<T> = {
  /** Adds one that waits. When more wait than `limit`, the one that has to go is taken out and given back. */
  readonly push: (entry: Queued<T>, limit: number) => Queued<T> | undefined
  readonly shift: () => T | undefined
  readonly remove: (entry: Queued<T>) => void
  readonly size: () => number
}

export type Queued<T> = {
  readonly value: T
  /** 0 is the lowest priority. */
  readonly level: number
  /** Whose it is. */
  readonly client: string
}

type Lines<T> = Map<string, Queued<T>[]>

/**
 * A queue that is fair: the higher level goes first, and within a level the clients take turns, each with what it sent first.
 * When it is full, of the lowest level the client that has most in it loses what it sent last: whoever floods it displaces
 * nobody but itself. It remembers nothing of clients that have nothing in it.
 */
export function createFairQueue<T>(levels: number): FairQueue<T> {
  const byLevel: readonly Lines<T>[] = Array.from({ length: levels }, () => new Map())
  let size = 0

  const drop = (lines: Lines<T>, line: Queued<T>[], at: number): Queued<T> | undefined => {
    const [entry] = line.splice(at, 1)
    if (entry === undefined) return undefined
    size--
    if (line.length === 0) lines.delete(entry.client)
    return entry
  }
  const longestOf = (lines: Lines<T>): Queued<T>[] | undefined => {
    let longest: Queued<T>[] | undefined
    // Among equals the one that came last.
    for (const line of lines.values()) if (line.length >= (longest?.length ?? 0)) longest = line
    return longest
  }
  const turnAway = (): Queued<T> | undefined => {
    const lines = byLevel.find((level) => level.size > 0)
    const longest = lines === undefined ? undefined : longestOf(lines)
    return lines === undefined || longest === undefined ? undefined : drop(lines, longest, longest.length - 1)
  }
  return {
    push(entry, limit) {
      const lines = byLevel[entry.level]
      if (lines === undefined) throw new Error(`there is no level ${entry.level}`)
      const line = lines.get(entry.client)
      if (line === undefined) lines.set(entry.client, [entry])
      else line.push(entry)
      size++
      return size > limit ? turnAway() : undefined
    },
    shift() {
      const lines = byLevel.findLast((level) => level.size > 0)
      const [line] = lines?.values() ?? []
      const entry = lines === undefined || line === undefined ? undefined : drop(lines, line, 0)
      if (entry === undefined || lines === undefined || line === undefined) return undefined
      // Behind the others, if it has more.
      if (lines.delete(entry.client)) lines.set(entry.client, line)
      return entry.value
    },
    remove(entry) {
      const lines = byLevel[entry.level]
      const line = lines?.get(entry.client)
      const at = line?.indexOf(entry) ?? -1
      if (lines !== undefined && line !== undefined && at >= 0) drop(lines, line, at)
    },
    size: () => size,
  }
}
