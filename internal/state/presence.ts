/** Which instances share the server, as far as they are heard of. */
export type Presence = {
  /** Tells whether it is a new one. */
  readonly heard: (instance: string) => boolean
  /** How many others there are. */
  readonly others: () => number
}

// Three of the signs of life that each gives every five seconds.
const goneMs = 15_000
const mostInstances = 1000

/**
 * While `isListening` is false nobody can be heard, and nobody is forgotten: how many share what is left of a budget must not
 * look like one when the server goes.
 */
export function createPresence(nowMs: () => number, isListening: () => boolean): Presence {
  const seen = new Map<string, number>()
  let deafUntilMs = Number.NEGATIVE_INFINITY
  return {
    heard(instance) {
      const isNew = !seen.has(instance)
      if (isNew && seen.size >= mostInstances) return false
      seen.set(instance, nowMs())
      return isNew
    },
    others() {
      if (!isListening()) deafUntilMs = nowMs()
      // After a silence of the server each has the time to be heard again.
      else if (nowMs() - deafUntilMs > goneMs) {
        for (const [instance, atMs] of seen) if (nowMs() - atMs > goneMs) seen.delete(instance)
      }
      return seen.size
    },
  }
}
