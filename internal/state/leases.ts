import type { Clock } from '#lib/clock.ts'

/** The places that requests of this instance hold, which are lost at the server unless they are renewed. */
export type Leases = {
  readonly hold: (key: string, id: string) => void
  readonly release: (key: string, id: string) => void
  readonly stop: () => void
}

export type LeasesOptions = {
  /** How long a place is kept without a word. */
  readonly leaseMs: number
  readonly renew: (key: string, ids: readonly string[]) => void
  readonly clock: Clock
}

/** Renews three times within a lease. An instance that dies loses its places soon, and a request may take as long as it wants. */
export function createLeases({ leaseMs, renew, clock }: LeasesOptions): Leases {
  const held = new Map<string, Set<string>>()
  let cancel = (): void => {}
  let running = false

  const tick = (): void => {
    running = held.size > 0
    if (!running) return
    for (const [key, ids] of held) renew(key, [...ids])
    cancel = clock.after(leaseMs / 3, tick, 'background')
  }
  return {
    hold(key, id) {
      const ids = held.get(key) ?? new Set()
      held.set(key, ids.add(id))
      if (running) return
      running = true
      cancel = clock.after(leaseMs / 3, tick, 'background')
    },
    release(key, id) {
      const ids = held.get(key)
      ids?.delete(id)
      if (ids?.size === 0) held.delete(key)
    },
    stop: () => cancel(),
  }
}
