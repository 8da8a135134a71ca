import type { Answer, AnswerPart, Candidate } from '#canonical/answer.ts'
import type { Citation, Json } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import { callInput } from '../call-input.ts'
import type { AnswerContext } from '../dialect.ts'
import { writeCitations } from './citations.ts'
import { finishReason } from './finish.ts'
import { writeLogprobs } from './logprobs.ts'
import { signForClient } from './signature.ts'
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

function writeCandidate({ index, parts, finish, logprobs }: Candidate): Json {
  return compact({
    content: { role: 'model', parts: parts.flatMap(writePart) },
    finishReason: finishReason(finish),
    index,
    ...writeCitations(citationsOf(parts), parts.map((part) => (part.kind === 'text' ? part.text : '')).join('')),
    logprobsResult: writeLogprobs(logprobs),
  })
}

function citationsOf(parts: readonly AnswerPart[]): readonly Citation[] {
  return parts.flatMap((part) => (part.kind === 'text' ? (part.citations ?? []) : []))
}

export function writePart(part: AnswerPart): readonly Json[] {
  switch (part.kind) {
    case 'text':
      return notEmpty(signForClient({ text: part.text }, part.opaque))
    case 'refusal':
      return notEmpty({ text: part.text })
    case 'reasoning':
      return notEmpty(signForClient({ text: part.text, thought: true }, part.opaque))
    case 'tool_call':
      return [signForClient({ functionCall: { id: part.id, name: part.name, args: argsOf(part) } }, part.opaque)]
    case 'image':
    case 'audio':
      return [signForClient({ inlineData: { mimeType: part.mime, data: part.data } }, part.opaque)]
    case 'server_tool':
      return part.vendor === 'gemini' ? [part.raw] : []
  }
}

function notEmpty(part: Json): readonly Json[] {
  return part['text'] === '' && part['thoughtSignature'] === undefined ? [] : [part]
}

/** An object is demanded; arguments that were cut at a limit are none. */
function argsOf({ args, custom }: Extract<AnswerPart, { kind: 'tool_call' }>): Json {
  return custom === true ? { input: args } : callInput(args)
}
