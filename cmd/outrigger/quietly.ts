// What fails does so with every request; one line a minute says as much as a thousand.
const quietMs = 60_000

/** Tells at most once a minute. */
export function quietly<T>(tell: (facts: T) => void): (facts: T) => void {
  let toldMs = Number.NEGATIVE_INFINITY
  return (facts) => {
    const nowMs = performance.now()
    if (nowMs - toldMs < quietMs) return
    toldMs = nowMs
    tell(facts)
  }
}
