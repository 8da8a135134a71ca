import type { TargetId } from '#canonical/plan.ts'

/** Which other instances say that a target is out of their rotation. */
export type Doubts = {
  /** What follows here from another instance's open breaker. */
  readonly opened: (
    target: TargetId,
    from: string,
    until: { readonly nowMs: number; readonly forMs: number },
    others: number,
  ) => Doubt
  readonly closed: (target: TargetId, from: string) => void
}

/**
 * `suspected`: one error of our own is enough from now on. `doubted`: several say so, and they are most of the others; it must show with
 * one request at a time that it works.
 */
export type Doubt = 'suspected' | 'doubted'

// One instance alone never takes a target from another, however small the crowd.
const fewestVoices = 2
// Targets that clients name are without number.
const mostTargets = 5000

export function createDoubts(): Doubts {
  const voices = new Map<TargetId, Map<string, number>>()
  return {
    opened(target, from, { nowMs, forMs }, others) {
      const heard = voices.get(target) ?? new Map<string, number>()
      for (const [instance, untilMs] of heard) if (untilMs <= nowMs) heard.delete(instance)
      heard.set(from, nowMs + forMs)
      if (voices.has(target) || voices.size < mostTargets) voices.set(target, heard)
      return heard.size >= fewestVoices && heard.size * 2 > others ? 'doubted' : 'suspected'
    },
    closed(target, from) {
      const heard = voices.get(target)
      heard?.delete(from)
      if (heard?.size === 0) voices.delete(target)
    },
  }
}
