import type { Answer, AnswerPart, Candidate } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { Citation, Json } from '#canonical/request.ts'
import { createIds } from '#lib/ids.ts'
import { asArray, asNumber, asObject, asString, compact, isObject } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'
import type { DecodeContext } from '../dialect.ts'
import { sourceOfUrl } from '../media.ts'
import { argsText, thinkingText } from './content.ts'
import { errorInAnswer } from './error.ts'
import { finishOf, isFault } from './finish.ts'
import { callOpaque, reasoningOpaque } from './opaque-fields.ts'
import { readUsage } from './usage.ts'

/** Provider → canonical, a whole answer. */
export function decodeAnswer(body: unknown, context: DecodeContext): Result<Answer, Failure> {
  if (!isObject(body)) return err(malformed('the answer is not a JSON object'))
  if (body['error'] !== undefined && body['error'] !== null) return err(errorInAnswer(body['error']))
  if (body['object'] === 'error') return err(errorInAnswer(body))
  const choices = asArray(body['choices']).map(asObject)
  if (choices.length === 0) return err(malformed('the answer has no choices'))
  const fault = choices.map((choice) => asString(choice['finish_reason']) ?? '').find(isFault)
  if (fault !== undefined) return err({ kind: 'server', phase: 'body', code: fault, message: `the provider broke off: ${fault}` })
  const candidates = choices.map((choice, at) => readChoice(choice, at, context))
  if (candidates.every((candidate) => candidate.parts.length === 0 && candidate.finish.raw === undefined)) return err(malformed('the answer has neither content nor a finish reason'))
  return ok(
    compact({
      id: asString(body['id']) ?? '',
      model: asString(body['model']) ?? context.target.model,
      created: asNumber(body['created']) ?? 0,
      candidates,
      usage: readUsage(body['usage'], context.target.quirks.chat),
      tier: asString(body['service_tier']),
    }),
  )
}

function malformed(message: string): Failure {
  return { kind: 'malformed', phase: 'body', message }
}

function readChoice(choice: Json, at: number, context: DecodeContext): Candidate {
  const message = asObject(choice['message'])
  const parts: AnswerPart[] = [...readReasoning(message, context), ...readContent(message)]
  const refusal = asString(message['refusal'])
  if (refusal !== undefined && refusal !== '') parts.push({ kind: 'refusal', text: refusal })
  const calls = [...asArray(message['tool_calls']), ...(isObject(message['function_call']) ? [{ function: message['function_call'] }] : [])]
  for (const call of calls) parts.push(readCall(asObject(call), context))
  for (const image of asArray(message['images'])) parts.push(...readImage(asObject(image)))
  const raw = asString(choice['finish_reason'])
  const logprobs = choice['logprobs']
  return compact({
    index: asNumber(choice['index']) ?? at,
    parts,
    finish: finishOf(raw, calls.length > 0, refusal !== undefined && refusal !== ''),
    logprobs: logprobs === null ? undefined : logprobs,
  })
}

function readReasoning(message: Json, context: DecodeContext): readonly AnswerPart[] {
  const fromContent = asArray(message['content'])
    .map(asObject)
    .filter((part) => part['type'] === 'thinking')
    .map((part) => thinkingText(part['thinking']))
  const text = asString(message['reasoning_content']) ?? asString(message['reasoning']) ?? fromContent.join('')
  const opaque = reasoningOpaque(message['reasoning_details'], context.target.quirks.vendor)
  if (text === '' && opaque.length === 0) return []
  return [opaque.length === 0 ? { kind: 'reasoning', text } : { kind: 'reasoning', text, opaque }]
}

function readContent(message: Json): readonly AnswerPart[] {
  const { content } = message
  const text = typeof content === 'string' ? content : textOf(content)
  if (text === '') return []
  const citations = asArray(message['annotations']).flatMap((annotation) => readCitation(asObject(annotation)))
  return [citations.length === 0 ? { kind: 'text', text } : { kind: 'text', text, citations }]
}

/** The texts of Mistral's content array. */
export function textOf(content: unknown): string {
  return asArray(content)
    .map(asObject)
    .map((part) => (part['type'] === 'text' ? (asString(part['text']) ?? '') : ''))
    .join('')
}

export function readCitation(annotation: Json): readonly Citation[] {
  const cited = asObject(annotation['url_citation'])
  const url = asString(cited['url'])
  if (url === undefined) return []
  return [compact({ url, title: asString(cited['title']), citedText: asString(cited['content']), start: asNumber(cited['start_index']), end: asNumber(cited['end_index']), raw: annotation })]
}

function readCall(call: Json, context: DecodeContext): AnswerPart {
  const custom = asObject(call['custom'])
  const fn = asObject(call['function'])
  const given = asString(fn['name']) ?? asString(custom['name']) ?? ''
  const name = context.names?.get(given) ?? given
  const id = asString(call['id'])
  const base = { kind: 'tool_call', id: id === undefined || id === '' ? callId() : id, name } as const
  if (call['type'] === 'custom') return { ...base, args: asString(custom['input']) ?? '', custom: true }
  const args = argsText(fn['arguments'])
  const opaque = callOpaque(call)
  return isCustom(name, context) ? { ...base, args: unwrapInput(args), custom: true } : compact({ ...base, args, opaque })
}

const newId = createIds()

/** An id for a call that came without one. */
export function callId(): string {
  return `call_${newId()}`
}

/** Whether the client declared the tool as a custom one, which was told to the provider as a function. */
export function isCustom(name: string, { request }: DecodeContext): boolean {
  return request.tools.some((tool) => tool.kind === 'custom' && tool.name === name)
}

/** The text of an emulated custom tool's only argument. */
export function unwrapInput(args: string): string {
  try {
    const parsed: unknown = JSON.parse(args)
    return asString(asObject(parsed)['input']) ?? args
  } catch {
    // Cut at the limit: what there is of it is better than nothing.
    return args
  }
}

function readImage(image: Json): readonly AnswerPart[] {
  const url = asString(asObject(image['image_url'])['url'])
  if (url === undefined) return []
  const { source, mime } = sourceOfUrl(url)
  return source.kind === 'base64' ? [{ kind: 'image', mime: mime ?? 'image/png', data: source.data }] : []
}
