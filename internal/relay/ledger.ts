import type { Usage } from '#canonical/answer.ts'
import type { Waste } from '#canonical/observe.ts'
import type { Target } from '#canonical/plan.ts'
import type { AttemptEnd } from './attempt.ts'
import type { RequestRecord } from './record.ts'
import type { Run } from './run.ts'
import type { Candidate } from './walk.ts'

/** What an attempt used and what became of the money: its part of the answer, or wasted, or both. */
export type Entry = { readonly usage?: Usage; readonly costUsd?: number; readonly wasted?: Waste }

// About four characters of text a token; what a provider did not tell is only ever estimated.
const charactersPerToken = 4

/**
 * Enters an attempt into the books, so that what answers cost and what was wasted together are what providers charge.
 * `seenBefore`: the characters of the answer that earlier attempts had brought.
 */
export function enter(run: Run, candidate: Candidate, end: AttemptEnd, seenBefore: number): Entry {
  const usage = usageOf(run, end, seenBefore)
  if (usage === undefined) return {}
  const usd = run.deps.costOf(candidate.target, usage)
  const told = { usage }
  if (usd === undefined) return told
  const { result } = end
  // An answer and the beginning of one that the client has seen are no waste.
  if (result.kind !== 'failed' || run.out?.committed() === true) return { ...told, ...ofAnswer(run, candidate, usage, usd) }
  if (usd === 0) return told
  const reason = result.abandoned !== undefined ? 'hedged' : result.failure.kind === 'cancelled' ? 'abandoned' : 'failed'
  return { ...told, wasted: { usd, reason } }
}

/** A continuation reads the whole prompt again, which an answer without a break would not have cost. */
function ofAnswer(run: Run, { target, continuation }: Candidate, usage: Usage, usd: number): Entry {
  if (continuation === undefined) return { costUsd: usd }
  const again = Math.min(usd, run.deps.costOf(target, { ...usage, output: 0, reasoning: 0 }) ?? 0)
  return again === 0 ? { costUsd: usd } : { costUsd: usd - again, wasted: { usd: again, reason: 'recovered' } }
}

/** What the provider told; of an attempt that it began to work on and did not finish, what it will have counted by then. */
function usageOf(run: Run, end: AttemptEnd, seenBefore: number): Usage | undefined {
  const told = toldBy(end)
  if (run.exchange.operation !== undefined || isTotal(end, told)) return told
  if (told === undefined && !wasWorkedOn(end)) return undefined
  return estimatedUsage(run, told, (run.out?.seen.length() ?? 0) - seenBefore)
}

/** What a provider that has not told all will have counted by now. `characters`: of the answer, so far. */
export function estimatedUsage({ deps, exchange }: Run, told: Usage | undefined, characters: number): Usage {
  const output = Math.max(told?.output ?? 0, Math.ceil(Math.max(0, characters) / charactersPerToken))
  const input = told?.input ?? deps.estimateInput(exchange.request)
  return { cacheRead: 0, cacheWrite: 0, reasoning: 0, ...told, input, output, estimated: true }
}

function toldBy({ result }: AttemptEnd): Usage | undefined {
  return result.usage ?? (result.kind === 'failed' ? result.empty?.usage : undefined)
}

/** Whether nothing needs to be estimated: the attempt came to its end and the provider counted. */
function isTotal({ result }: AttemptEnd, told: Usage | undefined): boolean {
  if (result.kind === 'failed') return result.empty !== undefined && told !== undefined
  return result.kind !== 'streamed' || (told !== undefined && result.cut === undefined)
}

/** Whether a provider will charge for an attempt without an answer: it took the request, and did not refuse it. */
function wasWorkedOn({ result, status }: AttemptEnd): boolean {
  if (result.kind !== 'failed') return true
  if (status !== undefined) return status >= 200 && status <= 299
  return result.abandoned !== undefined || result.failure.kind === 'timeout' || result.failure.kind === 'cancelled'
}

/** What the answer cost; undefined where no price is known. */
export function costOfAnswer({ attempts }: RequestRecord): number | undefined {
  let sum: number | undefined
  for (const { costUsd } of attempts) if (costUsd !== undefined) sum = (sum ?? 0) + costUsd
  return sum
}

/** What the answering target's prompt cache saved: against the same tokens without it. */
export function promptCacheSavedUsd({ deps, record }: Run): number | undefined {
  const { target, usage } = record
  if (target === undefined || usage === undefined || (usage.cacheRead === 0 && usage.cacheWrite === 0)) return undefined
  const { cacheWrite1h: _kept, ...rest } = usage
  const without = deps.costOf(target, { ...rest, cacheRead: 0, cacheWrite: 0 })
  const withCache = deps.costOf(target, usage)
  return without === undefined || withCache === undefined ? undefined : without - withCache
}

/** What the same answer would have cost more at the first target of the model that was asked for. */
export function savedUsd(run: Run, usage: Usage | undefined, costUsd: number | undefined): number | undefined {
  const { baseline } = run.plan
  if (baseline === undefined || usage === undefined || costUsd === undefined) return undefined
  const there = run.deps.costOf(baseline satisfies Target, usage)
  return there === undefined ? undefined : there - costUsd
}
