import type { Clock } from '#lib/clock.ts'

/** The limits of one attempt, in milliseconds. */
export type AttemptLimits = {
  /** From the call to the first sign of life; undefined for whole answers, which show none before they are there. */
  readonly firstTokenMs?: number
  /** Between two signs of life of a stream, or of a whole answer that has begun to come. */
  readonly idleMs: number
  /** For the whole attempt. */
  readonly totalMs: number
}

export type Expired = 'first_token' | 'idle' | 'total'

// A process that was busy wakes late, and before it has read what came meanwhile: it reads that first.
const lateMs = 50
const graceMs = 20

export type Watch = {
  /** Something came: the silence begins anew. */
  readonly life: () => void
  /** The client is slow and we do not read: silence does not count until `life`. */
  readonly suspend: () => void
  readonly stop: () => void
}

/**
 * Watches an attempt for silence with one timer: it is not set anew with any sign of life; when it fires it looks how long the
 * silence has really been and sleeps for the rest, but never longer than the silence that may begin at any moment.
 */
export function watchAttempt(
  clock: Clock,
  limits: AttemptLimits,
  onExpired: (what: Expired) => void,
  startedMs = clock.now(),
): Watch {
  let lastLifeMs: number | undefined
  let suspended = false
  let cancel = (): void => {}
  let graceGiven = false

  const nextExpiry = (): { readonly atMs: number; readonly what: Expired } => {
    const total = { atMs: startedMs + limits.totalMs, what: 'total' } as const
    if (suspended) return total
    const silence =
      lastLifeMs === undefined
        ? ({ atMs: startedMs + (limits.firstTokenMs ?? Number.POSITIVE_INFINITY), what: 'first_token' } as const)
        : ({ atMs: lastLifeMs + limits.idleMs, what: 'idle' } as const)
    return silence.atMs < total.atMs ? silence : total
  }
  const arm = (): void => {
    const { atMs, what } = nextExpiry()
    const leftMs = atMs - clock.now()
    if (leftMs > 0) {
      graceGiven = false
      cancel = clock.after(Math.min(leftMs, limits.idleMs), arm)
    } else if (leftMs < -lateMs && !graceGiven) {
      graceGiven = true
      cancel = clock.after(graceMs, arm)
    } else onExpired(what)
  }
  const { firstTokenMs = Number.POSITIVE_INFINITY, idleMs, totalMs } = limits
  cancel = clock.after(Math.min(firstTokenMs, idleMs, totalMs), arm)

  return {
    life() {
      lastLifeMs = clock.now()
      suspended = false
    },
    suspend() {
      suspended = true
    },
    stop() {
      cancel()
    },
  }
}
