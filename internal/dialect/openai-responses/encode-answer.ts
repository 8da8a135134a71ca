import type { Answer, AnswerPart } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import type { AnswerContext } from '../dialect.ts'
import { closingOf } from './finish.ts'
import {
  annotationOf,
  callItem,
  carrierItem,
  encryptedContent,
  itemId,
  logprobsOf,
  messageItem,
  ownItemId,
  reasoningItem,
  refusalContent,
  textContent,
  wholeItem,
} from './write-item.ts'
import { writeResponse } from './write-response.ts'

/** Canonical → client, a whole answer. This API has no place for more than one candidate. */
export function encodeAnswer(answer: Answer, context: AnswerContext): Json {
  const [candidate] = answer.candidates
  const parts = candidate?.parts ?? []
  const closing = closingOf(
    candidate?.finish ?? { reason: 'stop' },
    parts.some((part) => part.kind === 'refusal'),
  )
  return writeResponse(
    {
      model: answer.model,
      created: answer.created > 0 ? answer.created : context.nowSeconds,
      status: closing.status,
      incompleteDetails: closing.details,
      output: writeItems(parts, logprobsOf(candidate?.logprobs), context),
      usage: answer.usage,
      tier: answer.tier,
    },
    context,
  )
}

/** Texts that follow each other are one message; everything else is an item of its own. */
function writeItems(parts: readonly AnswerPart[], logprobs: readonly unknown[], context: AnswerContext): readonly Json[] {
  const items: Json[] = []
  let message: Json[] | undefined
  let tokens = logprobs
  for (const part of parts) {
    if (part.kind !== 'text' && part.kind !== 'refusal') {
      message = undefined
      items.push(...writeOther(part, context, items.length))
      continue
    }
    if (message === undefined) {
      message = []
      items.push(messageItem(itemId('msg', context.requestId, items.length), message, 'completed'))
    }
    if (part.kind === 'refusal') message.push(refusalContent(part.text))
    else {
      message.push(
        textContent(
          part.text,
          (part.citations ?? []).map(annotationOf).filter((annotation) => annotation !== undefined),
          tokens,
        ),
      )
      tokens = []
    }
  }
  return items
}

function writeOther(
  part: Exclude<AnswerPart, { kind: 'text' | 'refusal' }>,
  { request, requestId }: AnswerContext,
  index: number,
): readonly Json[] {
  switch (part.kind) {
    case 'reasoning': {
      const id = ownItemId(part.opaque) ?? itemId('rs', requestId, index)
      return [reasoningItem(id, part.text, encryptedContent(part.opaque ?? [], id))]
    }
    case 'tool_call': {
      const carrier = carrierItem(itemId('rs', requestId, index), part.id, part.opaque)
      const before = carrier === undefined ? [] : [carrier]
      const custom = part.custom === true
      const id = itemId(custom ? 'ctc' : 'fc', requestId, index + before.length)
      return [...before, callItem(id, { callId: part.id, name: part.name, custom, args: part.args }, 'completed', request)]
    }
    default: {
      const item = wholeItem(part, itemId('ig', requestId, index))
      return item === undefined ? [] : [item]
    }
  }
}
