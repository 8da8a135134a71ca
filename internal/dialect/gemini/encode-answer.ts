import type { Answer, AnswerPart, Candidate } from '#canonical/answer.ts'
import type { Citation, Json, Opaque } from '#canonical/request.ts'
import { asObject, compact, parseJson } from '#lib/json.ts'
import type { AnswerContext } from '../dialect.ts'
import { finishReason } from './finish.ts'
import { writeUsage } from './usage.ts'

/** Canonical → client, a whole answer. */
export function encodeAnswer(answer: Answer, { requestId }: AnswerContext): Json {
  return compact({
    candidates: answer.candidates.map(writeCandidate),
    usageMetadata: answer.usage === undefined ? undefined : writeUsage(answer.usage),
    modelVersion: answer.model,
    responseId: requestId,
  })
}

function writeCandidate(candidate: Candidate): Json {
  const citations = candidate.parts.flatMap((part) => (part.kind === 'text' ? (part.citations ?? []) : [])).flatMap(writeCitation)
  return compact({
    content: { role: 'model', parts: candidate.parts.flatMap(writePart) },
    finishReason: finishReason(candidate.finish),
    index: candidate.index,
    citationMetadata: citations.length === 0 ? undefined : { citationSources: citations },
  })
}

export function writePart(part: AnswerPart): readonly Json[] {
  switch (part.kind) {
    case 'text':
      return part.text === '' ? [] : [withSignature({ text: part.text }, part.opaque)]
    case 'refusal':
      return [{ text: part.text }]
    case 'reasoning':
      return [withSignature({ text: part.text, thought: true }, part.opaque)]
    case 'tool_call': {
      const parsed = parseJson(part.args)
      const args = part.custom === true ? { input: part.args } : parsed.ok ? asObject(parsed.value) : {}
      return [withSignature({ functionCall: { id: part.id, name: part.name, args } }, part.opaque)]
    }
    case 'image':
    case 'audio':
      return [{ inlineData: { mimeType: part.mime, data: part.data } }]
    case 'server_tool':
      return part.vendor === 'gemini' ? [part.raw] : []
  }
}

/** Only Google's own signatures have a place here. */
export function withSignature(part: Json, opaque: readonly Opaque[] | undefined): Json {
  const own = opaque?.find((entry) => entry.vendor === 'gemini' && entry.kind === 'signature')
  return own === undefined ? part : { ...part, thoughtSignature: own.data }
}

export function writeCitation({ url, title, start, end }: Citation): readonly Json[] {
  return url === undefined ? [] : [compact({ uri: url, title, startIndex: start, endIndex: end })]
}
