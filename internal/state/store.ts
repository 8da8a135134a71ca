/**
 * Counters that limit what clients may do. In memory they are this instance's own; in Redis all instances share them.
 * Amounts are whole numbers: requests, tokens, billionths of a USD.
 */
export type Take =
  /** So much within any stretch of this length. */
  | { readonly kind: 'rate'; readonly key: string; readonly amount: number; readonly limit: number; readonly windowMs: number }
  /** A place among so many; it is lost after its time, so that an instance that dies does not keep it. */
  | { readonly kind: 'place'; readonly key: string; readonly id: string; readonly limit: number; readonly ttlMs: number }
  /** So much until the key's own end, which its name tells (`…:2026-11-24`). */
  | { readonly kind: 'sum'; readonly key: string; readonly amount: number; readonly limit: number; readonly ttlMs: number }

/** Puts right what was taken: the amount is a difference. */
export type Give =
  /** Less than was taken goes back to the window it was taken from; more counts from now on. */
  | {
      readonly kind: 'rate'
      readonly key: string
      readonly amount: number
      readonly windowMs: number
      /** By the store's clock. */
      readonly takenMs: number
    }
  | { readonly kind: 'place'; readonly key: string; readonly id: string }
  | { readonly kind: 'sum'; readonly key: string; readonly amount: number; readonly ttlMs: number }

/**
 * `used`: of each take, what is used with it. `refused`: the place of the take that is over its limit, -1 when nobody could
 * tell; nothing was taken.
 */
export type Taken =
  | { readonly ok: true; readonly used: readonly number[] }
  | { readonly ok: false; readonly refused: number; readonly used: number; readonly retryAfterMs: number | undefined }

export type Store = {
  /** All or nothing. A promise only where another machine is asked. */
  readonly take: (takes: readonly Take[]) => Taken | Promise<Taken>
  /** Never fails for the caller: what cannot be told now is told later. */
  readonly give: (gives: readonly Give[]) => void
  /** Milliseconds since the epoch by the clock that all instances share. */
  readonly nowMs: () => number
  readonly close: () => Promise<void>
}

/** When a rate will have room again: what was used in the window before fades out evenly over this one. */
export function rateWaitMs(
  level: { readonly current: number; readonly previous: number },
  amount: number,
  limit: number,
  span: { readonly windowMs: number; readonly atMs: number },
): number {
  const { windowMs, atMs } = span
  const left = windowMs - atMs
  const room = limit - amount - level.current
  if (room >= 0 && level.previous > 0) return Math.max(1, Math.min(left, left - (room / level.previous) * windowMs))
  // Only what this window holds is in the way; it fades out over the next.
  const fade = level.current <= 0 ? 0 : Math.max(0, 1 - Math.max(0, limit - amount) / level.current) * windowMs
  return Math.max(1, left + fade)
}
