import type { ModelTraits } from '#dialect/quirks.ts'
import { actionOn } from './decide.ts'
import { reasonsFirst } from './reasons-first.ts'
import type { Run } from './run.ts'
import type { Candidate } from './walk.ts'

/** How long an attempt may be silent before another target is asked beside it, in milliseconds; left out: for ever. */
export type Patience = {
  /** As `hedge` says, for what `hedge` may cost. */
  readonly hedgeMs?: number | undefined
  /** As `timeouts.answer` says: a whole answer shows no life before it is there, so that nobody can tell long from never. */
  readonly answerMs?: number | undefined
}

/** What a first word may take; what a model may that reasons before it. */
const firstTokenMs = 10_000
const reasonedTokenMs = 120_000
// No model in use is slower than 20 tokens a second for long.
const tokenMs = 50
// Longer than all the last hundred answers took, by so much.
const beyondLongest = 1.5

const quantiles = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 } as const

/** The limit of `first_token: auto` before the target has shown what it needs, in milliseconds. */
export function autoFirstTokenMs(run: Run, traits: ModelTraits): number {
  return reasonsFirst(run.exchange.request, traits) ? reasonedTokenMs : firstTokenMs
}

/** Undefined when no second attempt comes into question. */
export function patienceWith(run: Run, candidate: Candidate): Patience | undefined {
  const { exchange, plan } = run
  if (plan.steps.length < 2 || candidate.continuation !== undefined) return undefined
  // Images and the like cost too much to be made twice, and a job in the background has no first token.
  if (exchange.operation !== undefined || exchange.request.state?.background === true) return undefined
  const hedgeMs = hedgePatienceMs(run, candidate)
  const answerMs = run.out === undefined ? answerPatienceMs(run, candidate) : undefined
  return hedgeMs === undefined && answerMs === undefined ? undefined : { hedgeMs, answerMs }
}

function hedgePatienceMs({ config, out, deps }: Run, { target }: Candidate): number | undefined {
  if (config.hedge === undefined) return undefined
  const { after } = config.hedge
  if (typeof after === 'number') return after
  return deps.health.usualWaitMs(target, out === undefined ? 'answer' : 'first_token', quantiles[after])
}

/** Longer than the target's own answers take, but no longer than the largest one that was asked for can. */
function answerPatienceMs(run: Run, { target }: Candidate): number | undefined {
  const { config, policy, deps, exchange } = run
  if (actionOn('timeout', policy.retry) === 'stop') return undefined
  const provider = config.providers.get(target.provider)
  const { answer, first_token } = provider?.timeouts ?? policy.timeouts
  if (answer !== 'auto') return answer
  const traits = provider?.type.traitsOf(target.model)
  const autoMs = traits === undefined ? firstTokenMs : autoFirstTokenMs(run, traits)
  const leastMs = first_token === 'auto' ? autoMs : Math.max(autoMs, first_token)
  const longestMs = deps.health.longestAnswerMs(target) ?? 0
  const { maxOutput } = exchange.request.params
  const possibleMs = maxOutput === undefined ? Number.POSITIVE_INFINITY : leastMs + maxOutput * tokenMs
  return Math.max(leastMs, Math.min(beyondLongest * longestMs, possibleMs))
}
