import type { Answer, Candidate } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import { joined } from '#lib/flat-text.ts'
import { compact } from '#lib/json.ts'
import type { AnswerContext } from '../dialect.ts'
import { finishWord, writeUsage } from './usage.ts'

/** Canonical → client, a whole answer. Reasoning has no place in it. */
export function encodeAnswer(answer: Answer, context: AnswerContext): Json {
  return compact({
    id: answer.id === '' ? joined('cmpl-', context.requestId) : answer.id,
    object: 'text_completion',
    created: answer.created === 0 ? context.nowSeconds : answer.created,
    model: answer.model,
    choices: answer.candidates.map(writeChoice),
    usage: answer.usage === undefined ? undefined : writeUsage(answer.usage),
  })
}

function writeChoice({ index, parts, finish }: Candidate): Json {
  const text = parts.map((part) => (part.kind === 'text' || part.kind === 'refusal' ? part.text : '')).join('')
  return { text, index, logprobs: null, finish_reason: finishWord(finish) }
}
