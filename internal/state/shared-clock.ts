/** The clock of a server that many instances ask, as far as its answers tell. */
export type SharedClock = {
  /** Milliseconds since the epoch. Before the first answer it is our own clock. */
  readonly nowMs: () => number
  /** An answer in which the server told its time, to a question that was asked so many milliseconds ago. */
  readonly learn: (serverMs: number, tookMs: number) => void
}

// A sample is good for this long; then any other takes its place, since clocks drift.
const goodForMs = 30_000
// What two samples may differ beyond their own uncertainty: more means that a clock was put right.
const slackMs = 5

/**
 * Of the samples the one counts that was answered quickest: the server's time lies within the time it took. So replicas whose
 * clocks differ agree on when a day ends.
 */
export function createSharedClock(ownMs: () => number): SharedClock {
  let offsetMs = 0
  let uncertainMs = Number.POSITIVE_INFINITY
  let learntMs = 0
  return {
    nowMs: () => ownMs() + offsetMs,
    learn(serverMs, tookMs) {
      const nowMs = ownMs()
      const offset = serverMs - (nowMs - tookMs / 2)
      const uncertain = tookMs / 2
      const isBetter = uncertain <= uncertainMs || Math.abs(nowMs - learntMs) > goodForMs
      const isElsewhere = Math.abs(offset - offsetMs) > uncertain + uncertainMs + slackMs
      if (!isBetter && !isElsewhere) return
      offsetMs = offset
      uncertainMs = uncertain
      learntMs = nowMs
    },
  }
}
