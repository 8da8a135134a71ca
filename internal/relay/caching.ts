import type { Answer, FinishReason } from '#canonical/answer.ts'
import type { Target } from '#canonical/plan.ts'
import { turnsForAll } from '#lib/slices/turn.ts'
import { isLarge, writeInSlices } from '#lib/slices/write.ts'
import type { AnswerBody, AttemptResult } from './consumer.ts'
import type { CachedAnswer } from './deps.ts'
import { fold } from './fold.ts'
import type { Run } from './run.ts'
import { play, playInTurns } from './unfold.ts'

/** Ends that say all that was to be said; a filter or a limit may decide otherwise the next time. */
const complete: ReadonlySet<FinishReason> = new Set(['stop', 'tool_calls', 'stop_sequence'])

/** What may be kept of a request's answer: a whole, good one that came in one piece. */
export function keepable(
  { record, out }: Run,
  result: Exclude<AttemptResult, { readonly kind: 'failed' }>,
): CachedAnswer | undefined {
  const answer = result.kind === 'whole' ? result.answer : result.kind === 'streamed' ? fold(out?.kept() ?? []) : undefined
  if (answer === undefined || record.target === undefined || record.continuations > 0) return undefined
  if (!answer.candidates.every(({ finish }) => complete.has(finish.reason))) return undefined
  return { answer, target: record.target.id }
}

/** The target that once gave the answer, as far as it is still in the plan. */
export function targetOf({ plan }: Run, { target }: CachedAnswer): Target | undefined {
  return plan.steps.find((step) => step.target.id === target)?.target
}

/** Gives a kept answer to the client, whole or as a stream; the body of a whole one is for the caller to send. A large one takes turns. */
export function replay(
  { exchange, out, answerContext }: Run,
  answer: Answer,
): AnswerBody | undefined | Promise<AnswerBody | undefined> {
  const large = isLarge(answer)
  if (out === undefined) {
    const written = exchange.dialect.encodeAnswer(answer, answerContext)
    return large ? writeInSlices(written, turnsForAll) : JSON.stringify(written)
  }
  if (large) return playInTurns(out, answer, turnsForAll).then(() => undefined)
  play(out, answer)
  return undefined
}
