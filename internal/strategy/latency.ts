import { type Candidate, drawKey, rankedBy, type Strategy } from './strategy.ts'

/** How often a target is drawn without a look at its time, so that its numbers do not grow old. */
const exploring = 0.01
/** Below this many attempts a target's numbers say little. */
const fewSamples = 5

/**
 * Drawn by chance, with a weight that falls steeply with the time that the request would wait: equally fast targets share the
 * traffic and no crowd runs to the one that was quickest a moment ago, but nobody is sent to a slow one. What fails makes
 * slow: a target that fails half of the time costs twice its time. Targets not known yet go first until they are.
 */
export const latency: Strategy = {
  name: 'latency',
  isTimed: true,
  order: (candidates, random) => {
    const isExploring = random() < exploring
    const best = fastest(candidates)
    return rankedBy(
      candidates,
      (candidate) => {
        const waitMs = expectedMs(candidate)
        // Above every draw, and of several the one that has waited least.
        if (!isKnown(candidate)) return 1 + 1 / (1 + waitMs)
        const weight = isExploring ? 1 : keen(best / waitMs) * candidate.share
        return drawKey(candidate.lot ?? random(), Math.max(weight, 1e-9))
      },
      reasonOf,
    )
  },
}

/** Those under way count: when they end it is known. */
function isKnown({ samples, inFlight, latencyMs }: Candidate): boolean {
  return inFlight >= fewSamples || (samples + inFlight >= fewSamples && latencyMs !== undefined)
}

/** Its time, and what its failures add to it. */
function expectedMs({ latencyMs, errorRatio }: Candidate): number {
  return Math.max(latencyMs ?? unknownMs, 0.1) / Math.max(0.05, 1 - errorRatio)
}

/** The shortest of the times that are known. */
function fastest(candidates: readonly Candidate[]): number {
  let best = Number.POSITIVE_INFINITY
  for (const candidate of candidates) if (isKnown(candidate)) best = Math.min(best, expectedMs(candidate))
  return best
}

/** The eighth power: who takes 1.1 times as long gets half of the fastest one's traffic, at 1.5 times a twenty-fifth. */
function keen(ratio: number): number {
  const square = ratio * ratio
  const fourth = square * square
  return fourth * fourth
}

// Of a target that has requests under way and no answer yet.
const unknownMs = 10_000

function reasonOf(candidate: Candidate): string {
  const { latencyMs } = candidate
  if (!isKnown(candidate) || latencyMs === undefined) return 'not measured yet'
  const errors = candidate.errorRatio > 0 ? `, ${Math.round(candidate.errorRatio * 100)} % errors` : ''
  return `expected ${Math.round(latencyMs)} ms${errors}`
}
