import type { TargetId } from '#canonical/plan.ts'
import type { Judged } from './judge.ts'
import { soonestGood } from './order.ts'

/**
 * Of the targets that their breakers keep out, those that are asked all the same, since no more than a share (0–1) of all may
 * be out at once: the least bad of them. Where many equals share the load, the few that are left would fall over next.
 */
export function keptIn(able: readonly Judged[], maxEjected: number): ReadonlySet<TargetId> {
  if (maxEjected >= 1) return nobody
  const ejected = able.filter(({ facts: { health } }) => health.breaker !== 'closed' && health.admit === 'refused')
  const tooMany = ejected.length - Math.floor(maxEjected * able.length)
  if (tooMany <= 0) return nobody
  return new Set(
    [...ejected]
      .sort(soonestGood)
      .slice(0, tooMany)
      .map(({ target }) => target.id),
  )
}

const nobody: ReadonlySet<TargetId> = new Set()
