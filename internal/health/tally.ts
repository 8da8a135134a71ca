/** Requests and errors by name, as they are told to other processes. */
export type Counts = readonly (readonly [name: string, requests: number, errors: number])[]

/** What has been counted since it was last told. */
export type Tally = {
  readonly add: (name: string, isError: boolean) => void
  /** What was counted since the last time; then it begins anew. */
  readonly take: () => Counts
}

// Wildcard routes let clients name models.
const mostNames = 5000

export function createTally(): Tally {
  let counted = new Map<string, { requests: number; errors: number }>()
  return {
    add(name, isError) {
      const known = counted.get(name)
      if (known !== undefined) {
        known.requests++
        if (isError) known.errors++
      } else if (counted.size < mostNames) counted.set(name, { requests: 1, errors: isError ? 1 : 0 })
    },
    take() {
      const counts = [...counted].map(([name, { requests, errors }]) => [name, requests, errors] as const)
      counted = new Map()
      return counts
    },
  }
}
