import type { AnswerEvent, Usage } from '#canonical/answer.ts'
import type { CutReason, SpendLimit } from './consumer.ts'
import { estimatedUsage } from './ledger.ts'
import type { Run } from './run.ts'
import type { SeenAnswer } from './seen-answer.ts'
import type { Candidate } from './walk.ts'

/** What ends a stream before its provider does; undefined where nothing would. `seenBefore`: what earlier attempts brought. */
export function answerLimit(run: Run, candidate: Candidate, seenBefore: number): SpendLimit | undefined {
  const cost = spendLimit(run, candidate, seenBefore)
  const most = run.exchange.guarded?.answer?.maxCharacters
  const { out } = run
  if (out === undefined || most === undefined) return cost
  const size = (): CutReason | undefined => (out.seen.length() >= most ? 'response_too_large' : undefined)
  if (cost !== undefined) return { ...cost, reached: () => cost.reached() ?? size() }
  const usage = (): Usage => estimatedUsage(run, out.seen.usage(), out.seen.length() - seenBefore)
  return { reached: size, closing: () => closing(out.seen, usage()) }
}

/** Undefined where the client set no limit, or what it would be measured by is not known. */
function spendLimit(run: Run, { target }: Candidate, seenBefore: number): SpendLimit | undefined {
  const { out, exchange, record, deps } = run
  const { maxCostUsd } = exchange.hints
  if (out === undefined || maxCostUsd === undefined) return undefined
  const spentUsd = record.attempts.reduce((sum, { costUsd = 0, wasted }) => sum + costUsd + (wasted?.usd ?? 0), 0)
  const usage = (): Usage => estimatedUsage(run, out.seen.usage(), out.seen.length() - seenBefore)
  return {
    reached: () => (spentUsd + (deps.costOf(target, usage()) ?? 0) > maxCostUsd ? 'max_cost_reached' : undefined),
    closing: () => closing(out.seen, usage()),
  }
}

function closing(seen: SeenAnswer, usage: Usage): readonly AnswerEvent[] {
  return [...closeAll(seen), { kind: 'usage', usage }, { kind: 'end' }]
}

function closeAll(seen: SeenAnswer): readonly AnswerEvent[] {
  const ends = seen.openParts().map(({ candidate, part }): AnswerEvent => ({ kind: 'part_end', candidate, part }))
  const finish = { reason: 'length' } as const
  return [...ends, ...seen.unfinished().map((candidate): AnswerEvent => ({ kind: 'finish', candidate, finish }))]
}
