/** The waits between attempts. */
export type BackoffConfig = {
  /** Before the second attempt, in milliseconds. */
  readonly base: number
  /** By how much each wait is longer than the one before. */
  readonly factor: number
  /** The longest wait, in milliseconds. */
  readonly max: number
  /** 0–1: how far a wait may be off, up or down, so that requests that failed together do not come back together. */
  readonly jitter: number
}

/** Milliseconds to wait after this many attempts. `random` gives 0 ≤ x < 1. */
export function backoffMs(attempts: number, config: BackoffConfig, random: () => number): number {
  const exact = Math.min(config.max, config.base * config.factor ** (attempts - 1))
  return Math.min(config.max, exact * (1 + config.jitter * (2 * random() - 1)))
}
