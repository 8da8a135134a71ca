import type { Answer, AnswerPart } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import { joined } from '#lib/flat-text.ts'
import { callInput } from '../call-input.ts'
import type { AnswerContext } from '../dialect.ts'
import { carrierBlock, redactedBlocks, signatureOf } from './carry.ts'
import { writeCitations } from './citations.ts'
import { writeStop } from './finish.ts'
import { writeUsage } from './usage.ts'

/** Canonical → client, a whole answer. Of several candidates the first is all that there is a place for. */
export function encodeAnswer(answer: Answer, { requestId, request }: AnswerContext): Json {
  const [candidate] = answer.candidates
  const showThoughts = request.reasoning?.visible !== 'none'
  return {
    id: joined('msg_', requestId),
    type: 'message',
    role: 'assistant',
    model: answer.model,
    content: candidate?.parts.flatMap((part) => writePart(part, showThoughts)) ?? [],
    ...writeStop(candidate?.finish ?? { reason: 'stop' }),
    usage: writeUsage(answer.usage),
  }
}

function writePart(part: AnswerPart, showThoughts: boolean): readonly Json[] {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return part.text === '' ? [] : [writeText(part)]
    case 'reasoning':
      return writeReasoning(part, showThoughts)
    case 'tool_call': {
      const carried = part.opaque === undefined || part.opaque.length === 0 ? [] : [carrierBlock(part.opaque, part.id)]
      return [...carried, { type: 'tool_use', id: part.id, name: part.name, input: inputOf(part) }]
    }
    case 'server_tool':
      return part.vendor === 'anthropic' ? [part.raw] : []
    case 'image':
    case 'audio':
      // This dialect has no place for media that a model made, and no way to ask for them.
      return []
  }
}

/** `citations` is left out where there are none: Anthropic does so, and the AI SDK refuses the null that Anthropic's types allow. */
function writeText(part: Extract<AnswerPart, { kind: 'text' | 'refusal' }>): Json {
  const citations = part.kind === 'text' ? writeCitations(part.citations) : []
  return { type: 'text', text: part.text, ...(citations.length === 0 ? {} : { citations }) }
}

/** Arguments cut at the limit have no form as an object; `stop_reason: max_tokens` tells the client. */
function inputOf({ args, custom }: Extract<AnswerPart, { kind: 'tool_call' }>): Json {
  return custom === true ? { input: args } : callInput(args)
}

function writeReasoning({ text, opaque = [] }: Extract<AnswerPart, { kind: 'reasoning' }>, shown: boolean): readonly Json[] {
  const thinking = shown ? text : ''
  const redacted = thinking === '' ? redactedBlocks(opaque) : []
  if (redacted.length > 0) return redacted
  const signature = signatureOf(opaque)
  return thinking === '' && signature === '' ? [] : [{ type: 'thinking', thinking, signature }]
}
