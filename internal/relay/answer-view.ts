import type { AnswerView } from '#canonical/answer-view.ts'
import type { AttemptResult } from './consumer.ts'
import type { Run } from './run.ts'

/** What the attempt answered; undefined when there is nothing to be read. */
export function answerView({ out, record }: Run, result: AttemptResult): AnswerView | undefined {
  if (result.kind === 'whole') {
    const { answer } = result
    if (answer === undefined) return undefined
    const { id, model, candidates } = answer
    return { id, model, finishes: candidates.map(({ finish }) => finish), parts: () => candidates.map(({ parts }) => parts) }
  }
  if (out === undefined) return undefined
  const { seen } = out
  // A continuation's own beginning is not kept: it is one answer for the client.
  const head = record.continuations === 0 ? seen.head() : {}
  return { ...head, finishes: seen.finishes(), parts: () => [seen.parts()] }
}
