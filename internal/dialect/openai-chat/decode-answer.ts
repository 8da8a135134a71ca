import type { Answer, AnswerPart, AnswerToolCallPart, Candidate } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { Citation, Json } from '#canonical/request.ts'
import { flat } from '#lib/flat-text.ts'
import { asArray, asNumber, asObject, asString, compact, isObject } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'
import type { DecodeContext } from '../dialect.ts'
import { audioMime, contentText, readAnnotations, readImages, readSources, reasoningText } from './answer-content.ts'
import { callId, isEmulated, readCallFacts, unwrapInput } from './call-facts.ts'
import { errorInAnswer, findError } from './error.ts'
import { faultOf, finishOf } from './finish.ts'
import { detailsOpaque, googleSignature } from './reasoning-details.ts'
import { splitThinkTags } from './think-tags.ts'
import { findUsage } from './usage.ts'

/** Provider → canonical, a whole answer. */
export function decodeAnswer(body: unknown, context: DecodeContext): Result<Answer, Failure> {
  if (!isObject(body)) return err(malformed('the answer is not a JSON object'))
  const error = findError(body)
  if (error !== undefined) return err(errorInAnswer(error, 'body'))
  const choices = asArray(body['choices']).map(asObject)
  if (choices.length === 0) return err(malformed('the answer has no choices'))
  const sources = readSources(body)
  const candidates: Candidate[] = []
  for (const [at, choice] of choices.entries()) {
    const fault = faultOf(asString(choice['finish_reason']), 'body')
    if (fault !== undefined) return err(fault)
    const candidate = readChoice(choice, at, sources, context)
    if (candidate.parts.length === 0 && candidate.finish.raw === undefined) {
      return err(malformed('the answer has neither content nor a finish reason'))
    }
    candidates.push(candidate)
  }
  const usage = findUsage(body, context.target.quirks.chat)
  return ok({
    id: asString(body['id']) ?? '',
    model: asString(body['model']) || context.target.model,
    created: asNumber(body['created']) ?? 0,
    candidates,
    ...(usage === undefined ? {} : { usage }),
    ...compact({ tier: asString(body['service_tier']) }),
  })
}

function malformed(message: string): Failure {
  return { kind: 'malformed', phase: 'body', message }
}

function readChoice(choice: Json, at: number, sources: readonly Citation[], context: DecodeContext): Candidate {
  const message = asObject(choice['message'])
  const refusal = asString(message['refusal']) ?? ''
  const raw = asString(choice['finish_reason'])
  const calls = readCalls(message, raw, context)
  const parts: AnswerPart[] = [...readTexts(message, sources, context)]
  if (refusal !== '') parts.push({ kind: 'refusal', text: refusal })
  parts.push(...calls, ...readImages(message), ...readAudio(message, context))
  const { logprobs } = choice
  const index = asNumber(choice['index']) ?? at
  const finish = finishOf(raw, calls.length > 0, refusal !== '')
  return logprobs === undefined || logprobs === null ? { index, parts, finish } : { index, parts, finish, logprobs }
}

/** Reasoning and text. */
function readTexts(message: Json, sources: readonly Citation[], context: DecodeContext): readonly AnswerPart[] {
  const { quirks } = context.target
  let reasoning = reasoningText(message)
  let text = contentText(message)
  if (quirks.chat?.thinkTags === true) {
    const given = text
    text = ''
    const tags = splitThinkTags(
      (piece) => (reasoning += piece),
      (piece) => (text += piece),
    )
    tags.push(given)
    tags.end()
    reasoning = flat(reasoning)
    text = flat(text)
  }
  const parts: AnswerPart[] = []
  const opaque = detailsOpaque(asArray(message['reasoning_details']), quirks.vendor)
  if (opaque.length > 0) parts.push({ kind: 'reasoning', text: reasoning, opaque })
  else if (reasoning !== '') parts.push({ kind: 'reasoning', text: reasoning })
  const annotations = readAnnotations(message)
  const citations = annotations.length > 0 ? annotations : sources
  if (text !== '') parts.push(citations.length === 0 ? { kind: 'text', text } : { kind: 'text', text, citations })
  return parts
}

function readCalls(message: Json, raw: string | undefined, context: DecodeContext): readonly AnswerToolCallPart[] {
  const given = asArray(message['tool_calls']).map(asObject)
  const legacy = message['function_call']
  if (isObject(legacy)) given.push({ function: legacy })
  return given.map((call, index) => {
    // Gemini's OpenAI layer had the signature on the message first; it belongs to the first call.
    const opaque = googleSignature(call) ?? (index === 0 ? googleSignature(message) : undefined)
    return compact({ ...readCall(call, raw === 'length', context), opaque })
  })
}

function readCall(call: Json, cut: boolean, context: DecodeContext): AnswerToolCallPart {
  const facts = readCallFacts(call)
  const name = context.names?.get(facts.name) ?? facts.name
  const id = facts.id === '' ? callId() : facts.id
  if (facts.native) return { kind: 'tool_call', id, name, args: facts.args, custom: true }
  if (isEmulated(name, context)) return { kind: 'tool_call', id, name, args: unwrapInput(facts.args), custom: true }
  // Arguments that were cut off before their first character are not those of a function without any.
  return { kind: 'tool_call', id, name, args: facts.args.trim() === '' && !cut ? '{}' : facts.args }
}

function readAudio(message: Json, { request }: DecodeContext): readonly AnswerPart[] {
  const audio = asObject(message['audio'])
  const data = asString(audio['data'])
  if (data === undefined) return []
  const transcript = asString(audio['transcript']) ?? ''
  const heard: AnswerPart = { kind: 'audio', mime: audioMime(request.raw), data }
  return transcript === '' ? [heard] : [{ kind: 'text', text: transcript }, heard]
}
