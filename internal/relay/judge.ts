import type { Answer, Finish } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { Request } from '#canonical/request.ts'
import type { SeenAnswer } from './seen-answer.ts'

/**
 * Whether an answer that ended well is one. Empty answers that look like success are what users of relays complain about
 * most; but some are sound: a refusal, a stop sequence hit at once, reasoning cut at the limit, a filter.
 */
export function judgeSeen(request: Request, seen: SeenAnswer, phase: 'first_token' | 'body'): Failure | undefined {
  return judge(request, seen.finishes(), seen.hasSubstance(), phase)
}

export function judgeAnswer(request: Request, answer: Answer): Failure | undefined {
  const finishes = answer.candidates.map((candidate) => candidate.finish)
  return judge(request, finishes, answer.candidates.some(hasSubstance), 'body')
}

function hasSubstance(candidate: Answer['candidates'][number]): boolean {
  return candidate.parts.some((part) => part.kind !== 'reasoning' && (!('text' in part) || part.text !== ''))
}

function judge(
  request: Request,
  finishes: readonly Finish[],
  substance: boolean,
  phase: 'first_token' | 'body',
): Failure | undefined {
  if (finishes.some((finish) => finish.reason === 'malformed_tool_call') && !substance) {
    return { kind: 'malformed', phase, code: 'malformed_tool_call', message: 'the model wrote a tool call that cannot be read' }
  }
  if (substance) return undefined
  const soundlyEmpty = finishes.some((finish) => !emptyIsFault.has(finish.reason)) || (request.params.stop?.length ?? 0) > 0
  if (soundlyEmpty) return undefined
  return { kind: 'malformed', phase, code: 'empty_answer', message: 'the answer is empty' }
}

const emptyIsFault: ReadonlySet<Finish['reason']> = new Set(['stop', 'tool_calls', 'other'])
