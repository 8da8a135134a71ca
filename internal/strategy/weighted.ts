import { type Candidate, drawKey, rankedBy, type Strategy } from './strategy.ts'

/**
 * By weight and chance: the first is drawn with a probability of its weight, the second from the rest, and so on. A target of
 * weight 0 comes last. With lots in place of chance a caller keeps its target, and when weights change only as many callers
 * move as must.
 */
export const weighted: Strategy = {
  name: 'weighted',
  order: (candidates, random) => {
    const total = candidates.reduce((sum, candidate) => sum + weightOf(candidate), 0)
    return rankedBy(
      candidates,
      (candidate) => drawKey(candidate.lot ?? random(), weightOf(candidate)),
      (candidate) => `weight ${candidate.target.weight} (${percent(weightOf(candidate), total)})`,
    )
  },
}

/** A target that is limited or comes back in steps gets its share of its weight. */
function weightOf({ target, share }: Candidate): number {
  return Math.max(0, target.weight) * share
}

function percent(part: number, total: number): string {
  return total === 0 ? '0 %' : `${Math.round((100 * part) / total)} %`
}
