import type { AnswerEvent, Usage } from '#canonical/answer.ts'
import type { SpendLimit } from './consumer.ts'
import { estimatedUsage } from './ledger.ts'
import type { Run } from './run.ts'
import type { SeenAnswer } from './seen-answer.ts'
import type { Candidate } from './walk.ts'

/** Undefined where the client set no limit, or what it would be measured by is not known. `seenBefore`: what earlier attempts brought. */
export function spendLimit(run: Run, { target }: Candidate, seenBefore: number): SpendLimit | undefined {
  const { out, exchange, record, deps } = run
  const { maxCostUsd } = exchange.hints
  if (out === undefined || maxCostUsd === undefined) return undefined
  const spentUsd = record.attempts.reduce((sum, { costUsd = 0, wasted }) => sum + costUsd + (wasted?.usd ?? 0), 0)
  const usage = (): Usage => estimatedUsage(run, out.seen.usage(), out.seen.length() - seenBefore)
  return {
    isReached: () => spentUsd + (deps.costOf(target, usage()) ?? 0) > maxCostUsd,
    closing: () => [...closeAll(out.seen), { kind: 'usage', usage: usage() }, { kind: 'end' }],
  }
}

function closeAll(seen: SeenAnswer): readonly AnswerEvent[] {
  const ends = seen.openParts().map(({ candidate, part }): AnswerEvent => ({ kind: 'part_end', candidate, part }))
  const finish = { reason: 'length' } as const
  return [...ends, ...seen.unfinished().map((candidate): AnswerEvent => ({ kind: 'finish', candidate, finish }))]
}
