import { ranked, type Strategy } from './strategy.ts'

/** The one with the fewest requests under way for its weight; equals by chance, so that idle targets share the work. */
export const leastBusy: Strategy = {
  name: 'least-busy',
  order: (candidates, random) =>
    candidates
      .map((candidate) => ({
        candidate,
        load: candidate.inFlight / Math.max(candidate.target.weight * candidate.share, 0.001),
        chance: random(),
      }))
      .sort((a, b) => a.load - b.load || a.chance - b.chance)
      .map(({ candidate }) => ranked(candidate, () => `${candidate.inFlight} under way`)),
}
