import { type Candidate, ranked, type Strategy } from './strategy.ts'

/** How often a target other than the fastest goes first, so that its numbers do not grow old. */
const exploring = 0.02
/** Below this many attempts a target's numbers say little. */
const fewSamples = 5

/**
 * The fastest first, by the median time to the first token (to the answer, where nothing was streamed), made longer by what
 * fails: a target that fails half of the time costs twice its time. Targets not known yet go first until they are.
 */
export const latency: Strategy = {
  name: 'latency',
  order: (candidates, random) => {
    const sorted = [...candidates].sort((a, b) => expectedMs(a) - expectedMs(b))
    const explored = random() < exploring ? sorted.splice(Math.floor(random() * sorted.length), 1) : []
    return [...explored, ...sorted].map((candidate) => ranked(candidate, reasonOf(candidate)))
  },
}

function expectedMs({ latencyMs, errorRatio, samples }: Candidate): number {
  if (latencyMs === undefined || samples < fewSamples) return 0
  return latencyMs / Math.max(0.05, 1 - errorRatio)
}

function reasonOf({ latencyMs, errorRatio, samples }: Candidate): string {
  if (latencyMs === undefined || samples < fewSamples) return 'not measured yet'
  const errors = errorRatio > 0 ? `, ${Math.round(errorRatio * 100)} % errors` : ''
  return `median ${Math.round(latencyMs)} ms${errors}`
}
