import { rankedBy, type Strategy } from './strategy.ts'

/** The one with the fewest requests under way for its weight; equals by chance, so that idle targets share the work. */
export const leastBusy: Strategy = {
  name: 'least-busy',
  order: (candidates, random) =>
    rankedBy(
      candidates,
      ({ inFlight, target, share }) => -inFlight / Math.max(target.weight * share, 0.001) - random() * tieBreak,
      ({ inFlight }) => `${inFlight} under way`,
    ),
}

// Far below what two loads that are not equal differ by.
const tieBreak = 1e-9
