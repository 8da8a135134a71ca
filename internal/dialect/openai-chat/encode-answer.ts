import type { Answer, AnswerPart, AnswerToolCallPart, Candidate } from '#canonical/answer.ts'
import type { Citation, Json } from '#canonical/request.ts'
import { joined } from '#lib/flat-text.ts'
import { compact } from '#lib/json.ts'
import type { AnswerContext } from '../dialect.ts'
import { dataUrl } from '../media.ts'
import { finishWord } from './finish.ts'
import { isLegacy } from './read-tools.ts'
import { extraContent, writeDetail } from './reasoning-details.ts'
import { writeUsage } from './usage.ts'

/** Canonical → client, a whole answer. */
export function encodeAnswer(answer: Answer, { request, requestId, nowSeconds }: AnswerContext): Json {
  const legacy = isLegacy(request.raw)
  return compact({
    id: joined('chatcmpl-', requestId),
    object: 'chat.completion',
    created: answer.created > 0 ? answer.created : nowSeconds,
    model: answer.model,
    choices: answer.candidates.map((candidate) => writeChoice(candidate, legacy)),
    usage: answer.usage === undefined ? undefined : writeUsage(answer.usage),
    service_tier: answer.tier,
  })
}

function writeChoice({ index, parts, finish, logprobs = null }: Candidate, legacy: boolean): Json {
  const text = join(parts, 'text')
  const refusal = join(parts, 'refusal')
  const reasoning = join(parts, 'reasoning')
  const calls = parts.filter((part): part is AnswerToolCallPart => part.kind === 'tool_call')
  const [first] = calls
  const message = compact({
    role: 'assistant',
    content: text === '' && (calls.length > 0 || refusal !== '') ? null : text,
    refusal: refusal === '' ? null : refusal,
    reasoning_content: reasoning === '' ? undefined : reasoning,
    reasoning_details: orAbsent(detailsOf(parts)),
    tool_calls: legacy ? undefined : orAbsent(calls.map(writeCall)),
    function_call: legacy && first !== undefined ? { name: first.name, arguments: first.args } : undefined,
    annotations: orAbsent(citationsOf(parts)),
    images: orAbsent(parts.flatMap((part) => (part.kind === 'image' ? [writeImage(part)] : []))),
    audio: audioOf(parts),
  })
  return { index, message, logprobs, finish_reason: finishWord(finish, refusal !== '', legacy) }
}

function orAbsent(entries: readonly Json[]): readonly Json[] | undefined {
  return entries.length === 0 ? undefined : entries
}

function join(parts: readonly AnswerPart[], kind: 'text' | 'refusal' | 'reasoning'): string {
  return parts.map((part) => (part.kind === kind ? part.text : '')).join('')
}

/** Opaque data and the stretch of the reasoning that it belongs to. */
function detailsOf(parts: readonly AnswerPart[]): readonly Json[] {
  const details: Json[] = []
  let at = 0
  for (const part of parts) {
    if (part.kind === 'text') details.push(...(part.opaque ?? []).map((opaque) => writeDetail(opaque, 'text')))
    if (part.kind !== 'reasoning') continue
    const place = { start: at, end: at + part.text.length }
    details.push(...(part.opaque ?? []).map((opaque) => writeDetail(opaque, place)))
    at = place.end
  }
  return details
}

/** Citations count within their own text; the client has one string for all of them. */
function citationsOf(parts: readonly AnswerPart[]): readonly Json[] {
  const citations: Json[] = []
  let at = 0
  for (const part of parts) {
    if (part.kind !== 'text') continue
    for (const citation of part.citations ?? []) citations.push(...writeCitation(citation, at))
    at += part.text.length
  }
  return citations
}

/** A source with an address as an annotation; what has none (a page of a document) has no place in this dialect. */
export function writeCitation({ url, title, start, end }: Citation, offset: number): readonly Json[] {
  if (url === undefined) return []
  const cited = { url, title: title ?? url, start_index: (start ?? 0) + offset, end_index: (end ?? 0) + offset }
  return [{ type: 'url_citation', url_citation: cited }]
}

function writeCall(part: AnswerToolCallPart): Json {
  if (part.custom === true) return { id: part.id, type: 'custom', custom: { name: part.name, input: part.args } }
  const call = { id: part.id, type: 'function', function: { name: part.name, arguments: part.args } }
  return compact({ ...call, extra_content: extraContent(part.opaque) })
}

/** OpenRouter's form: OpenAI's own has none. */
export function writeImage({ mime, data }: { readonly mime: string; readonly data: string }): Json {
  return { type: 'image_url', image_url: { url: dataUrl(mime, data) } }
}

function audioOf(parts: readonly AnswerPart[]): Json | undefined {
  const [audio] = parts.flatMap((part) => (part.kind === 'audio' ? [writeAudio(part.data)] : []))
  return audio
}

/** Audio that was made elsewhere cannot be referred to later, so its id says nothing and it expires at once. */
export function writeAudio(data: string): Json {
  return { id: 'audio_relayed', data, transcript: '', expires_at: 0 }
}
