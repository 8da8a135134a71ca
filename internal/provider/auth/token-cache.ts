import type { Failure } from '#canonical/failure.ts'
import { ok, type Result } from '#lib/result.ts'

/** Something that is valid for a while: a token, temporary keys. */
export type Fetched<T> = {
  readonly value: T
  /** Milliseconds since the epoch; infinite when it never ends. */
  readonly expiresAtMs: number
}

export type TokenCache<T> = {
  /** The kept value; waits only where there is none that is still valid. */
  readonly get: () => Promise<Result<T, Failure>>
  /** The kept value is not valid any more, whatever it says. */
  readonly forget: () => void
}

// Google's metadata server gives a new token only when the old one has less than five minutes left.
const longestAheadMs = 4 * 60_000
// A request may take this long from here until the provider looks at its token.
const marginMs = 15_000
// After a renewal ahead of time has failed.
const pauseMs = 10_000

/**
 * Keeps what `fetch` gives and renews it ahead of its end, so that no request waits but the first. However many ask at once, one
 * fetch is under way. A failure is told to those who wait and not kept.
 */
export function createTokenCache<T>(
  fetch: () => Promise<Result<Fetched<T>, Failure>>,
  nowMs: () => number = Date.now,
): TokenCache<T> {
  let kept: (Fetched<T> & { readonly renewAtMs: number }) | undefined
  let underway: Promise<Result<T, Failure>> | undefined
  let pausedUntilMs = 0

  const renew = async (): Promise<Result<T, Failure>> => {
    try {
      const fetched = await fetch()
      if (!fetched.ok) {
        pausedUntilMs = nowMs() + pauseMs
        return fetched
      }
      const { value, expiresAtMs } = fetched.value
      const aheadMs = Math.min(longestAheadMs, (expiresAtMs - nowMs()) / 5)
      kept = { value, expiresAtMs, renewAtMs: expiresAtMs === Number.POSITIVE_INFINITY ? expiresAtMs : expiresAtMs - aheadMs }
      return ok(value)
    } finally {
      underway = undefined
    }
  }
  const once = (): Promise<Result<T, Failure>> => {
    underway ??= renew()
    return underway
  }
  return {
    async get() {
      const now = nowMs()
      if (kept === undefined || now >= kept.expiresAtMs - marginMs) return await once()
      if (now >= kept.renewAtMs && now >= pausedUntilMs) void once()
      return ok(kept.value)
    },
    forget() {
      kept = undefined
    },
  }
}
