import { type Candidate, ranked, type Strategy } from './strategy.ts'

/** How often a target is drawn without a look at its time, so that its numbers do not grow old. */
const exploring = 0.01
/** Below this many attempts a target's numbers say little. */
const fewSamples = 5
/** A target that takes 1.1 times as long gets half of the fastest one's traffic, at 1.5 times a twenty-fifth. */
const keenness = 8

/**
 * Drawn by chance, with a weight that falls steeply with the time that the request would wait: equally fast targets share the
 * traffic and no crowd runs to the one that was quickest a moment ago, but nobody is sent to a slow one. What fails makes
 * slow: a target that fails half of the time costs twice its time. Targets not known yet go first until they are.
 */
export const latency: Strategy = {
  name: 'latency',
  order: (candidates, random) => {
    const isExploring = random() < exploring
    const best = Math.min(...candidates.filter(isKnown).map(expectedMs))
    const keyed = candidates.map((candidate) => {
      const weight = isExploring ? 1 : (best / expectedMs(candidate)) ** keenness * candidate.share
      // Efraimidis and Spirakis, 2006: sorting by random^(1/weight) draws by weight.
      const key = isKnown(candidate) ? (candidate.lot ?? random()) ** (1 / Math.max(weight, 1e-9)) : 2
      return { candidate, key }
    })
    return keyed
      .sort((a, b) => b.key - a.key || expectedMs(a.candidate) - expectedMs(b.candidate))
      .map(({ candidate }) => ranked(candidate, reasonOf(candidate)))
  },
}

/** Those under way count: when they end it is known. */
function isKnown({ latencyMs, samples, inFlight }: Candidate): boolean {
  return samples + inFlight >= fewSamples && (latencyMs !== undefined || inFlight >= fewSamples)
}

function expectedMs({ latencyMs, errorRatio }: Candidate): number {
  return Math.max(latencyMs ?? unknownMs, 0.1) / Math.max(0.05, 1 - errorRatio)
}

// Of a target that has requests under way and no answer yet.
const unknownMs = 10_000

function reasonOf(candidate: Candidate): string {
  if (!isKnown(candidate) || candidate.latencyMs === undefined) return 'not measured yet'
  const errors = candidate.errorRatio > 0 ? `, ${Math.round(candidate.errorRatio * 100)} % errors` : ''
  return `expected ${Math.round(candidate.latencyMs)} ms${errors}`
}
