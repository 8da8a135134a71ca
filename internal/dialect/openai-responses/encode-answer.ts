import type { Answer, AnswerPart, AnswerTextPart } from '#canonical/answer.ts'
import type { Json, Opaque } from '#canonical/request.ts'
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
  type WrittenMessage,
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
      output: markCut(writeItems(parts, logprobsOf(candidate?.logprobs), context), closing.status),
      usage: answer.usage,
      tier: answer.tier,
    },
    context,
  )
}

/** Where an answer was cut, its last item is incomplete. */
function markCut(items: readonly Json[], status: 'completed' | 'incomplete'): readonly Json[] {
  const last = items.findLastIndex((item) => item['type'] !== 'reasoning')
  return status === 'completed'
    ? items
    : items.map((item, index) => (index === last && 'status' in item ? { ...item, status } : item))
}

/** Texts that follow each other are one message; everything else is an item of its own. */
function writeItems(parts: readonly AnswerPart[], logprobs: readonly unknown[], context: AnswerContext): readonly Json[] {
  const items: Json[] = []
  let tokens = logprobs
  let message: Message | undefined
  const endMessage = (): void => {
    const carrier = message && carrierItem(itemId('rs', context.requestId, items.length), message.id, message.opaque)
    if (carrier !== undefined) items.push(carrier)
    message = undefined
  }
  for (const part of parts) {
    if (part.kind !== 'text' && part.kind !== 'refusal') {
      endMessage()
      items.push(...writeOther(part, context, items.length))
      continue
    }
    const phase = part.kind === 'text' ? part.phase : message?.phase
    if (message?.phase !== phase) endMessage()
    if (message === undefined) {
      message = { id: itemId('msg', context.requestId, items.length), content: [], opaque: [], phase }
      items.push(messageItem(message, 'completed'))
    }
    message.content.push(part.kind === 'text' ? writeText(part, tokens) : refusalContent(part.text))
    if (part.kind !== 'text') continue
    tokens = []
    message.opaque.push(...(part.opaque ?? []))
  }
  endMessage()
  return items
}

type Message = WrittenMessage & { readonly content: Json[]; readonly opaque: Opaque[] }

function writeText({ text, citations = [] }: AnswerTextPart, logprobs: readonly unknown[]): Json {
  return textContent(
    text,
    citations.map(annotationOf).filter((annotation) => annotation !== undefined),
    logprobs,
  )
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
