import type { Answer, AnswerPart } from '#canonical/answer.ts'
import type { Citation, Json, Opaque } from '#canonical/request.ts'
import { asObject, compact, parseJson } from '#lib/json.ts'
import type { AnswerContext } from '../dialect.ts'
import { packOpaque } from '../opaque.ts'
import { stopReason } from './finish.ts'
import { writeUsage } from './usage.ts'

/** Canonical → client, a whole answer. Of several candidates the first is all that there is a place for. */
export function encodeAnswer(answer: Answer, { requestId }: AnswerContext): Json {
  const [candidate] = answer.candidates
  const content = candidate?.parts.flatMap(writePart) ?? []
  return compact({
    id: `msg_${requestId}`,
    type: 'message',
    role: 'assistant',
    model: answer.model,
    content,
    stop_reason: candidate === undefined ? 'end_turn' : stopReason(candidate.finish),
    stop_sequence: candidate?.finish.sequence ?? null,
    stop_details: candidate?.finish.details === undefined ? undefined : asObject(candidate.finish.details),
    usage: writeUsage(answer.usage),
  })
}

function writePart(part: AnswerPart): readonly Json[] {
  switch (part.kind) {
    case 'text': {
      const citations = (part.citations ?? []).flatMap(writeCitation)
      return part.text === '' ? [] : [{ type: 'text', text: part.text, citations: citations.length === 0 ? null : citations }]
    }
    case 'refusal':
      return [{ type: 'text', text: part.text, citations: null }]
    case 'reasoning':
      return writeReasoning(part.text, part.opaque ?? [])
    case 'tool_call': {
      // A signature on a call has no place here: it travels in a thinking block before it, which clients send back untouched.
      const carried = part.opaque === undefined || part.opaque.length === 0 ? [] : [{ type: 'thinking', thinking: '', signature: packOpaque(part.opaque) }]
      return [...carried, { type: 'tool_use', id: part.id, name: part.name, input: inputOf(part) }]
    }
    case 'server_tool':
      return part.vendor === 'anthropic' ? [part.raw] : []
    default:
      return []
  }
}

/** Half-written arguments have no form as an object. */
function inputOf({ args, custom }: Extract<AnswerPart, { kind: 'tool_call' }>): Json {
  if (custom === true) return { input: args }
  const parsed = parseJson(args)
  return parsed.ok ? asObject(parsed.value) : {}
}

function writeReasoning(text: string, opaque: readonly Opaque[]): readonly Json[] {
  const redacted = opaque.find((entry) => entry.vendor === 'anthropic' && entry.kind === 'redacted')
  if (redacted !== undefined) return [{ type: 'redacted_thinking', data: redacted.data }]
  return [{ type: 'thinking', thinking: text, signature: signatureOf(opaque) }]
}

/** Anthropic's own signature, or whatever another vendor gave, packed. */
export function signatureOf(opaque: readonly Opaque[]): string {
  const own = opaque.find((entry) => entry.vendor === 'anthropic' && entry.kind === 'signature')
  if (own !== undefined) return String(own.data)
  return opaque.length === 0 ? '' : packOpaque(opaque)
}

/** Citations of other vendors have no index that Anthropic would accept back, so that only its own are written. */
export function writeCitation({ raw }: Citation): readonly Json[] {
  const citation = asObject(raw)
  return typeof citation['type'] === 'string' && citation['type'] !== 'url_citation' ? [citation] : []
}
