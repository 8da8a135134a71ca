import type { Answer, AnswerPart, Candidate } from '#canonical/answer.ts'
import type { Citation, Json } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import type { AnswerContext } from '../dialect.ts'
import { dataUrl } from '../media.ts'
import { writeDetail } from './content.ts'
import { finishWord } from './finish.ts'
import { extraContent } from './opaque-fields.ts'
import { writeUsage } from './usage.ts'

/** Canonical → client, a whole answer. */
export function encodeAnswer(answer: Answer, { requestId, nowSeconds }: AnswerContext): Json {
  return compact({
    id: `chatcmpl-${requestId}`,
    object: 'chat.completion',
    created: answer.created > 0 ? answer.created : nowSeconds,
    model: answer.model,
    choices: answer.candidates.map(writeChoice),
    usage: answer.usage === undefined ? undefined : writeUsage(answer.usage),
    service_tier: answer.tier,
  })
}

function writeChoice(candidate: Candidate): Json {
  const { parts } = candidate
  const text = join(parts, 'text')
  const refusal = join(parts, 'refusal')
  const reasoning = join(parts, 'reasoning')
  const calls = parts.flatMap((part) => (part.kind === 'tool_call' ? [writeCall(part)] : []))
  const citations = parts.flatMap((part) => (part.kind === 'text' ? (part.citations ?? []) : [])).flatMap(writeCitation)
  const details = parts.flatMap((part) => (part.kind === 'reasoning' ? (part.opaque ?? []) : [])).map(writeDetail)
  const images = parts.flatMap((part) => (part.kind === 'image' ? [{ type: 'image_url', image_url: { url: dataUrl(part.mime, part.data) } }] : []))
  return {
    index: candidate.index,
    message: compact({
      role: 'assistant',
      content: text === '' && (calls.length > 0 || refusal !== '') ? null : text,
      refusal: refusal === '' ? null : refusal,
      reasoning_content: reasoning === '' ? undefined : reasoning,
      reasoning_details: details.length === 0 ? undefined : details,
      tool_calls: calls.length === 0 ? undefined : calls,
      annotations: citations.length === 0 ? undefined : citations,
      images: images.length === 0 ? undefined : images,
    }),
    logprobs: candidate.logprobs ?? null,
    finish_reason: finishWord(candidate.finish, refusal !== ''),
  }
}

function join(parts: readonly AnswerPart[], kind: 'text' | 'refusal' | 'reasoning'): string {
  return parts.map((part) => (part.kind === kind ? part.text : '')).join('')
}

function writeCall(part: Extract<AnswerPart, { kind: 'tool_call' }>): Json {
  if (part.custom === true) return { id: part.id, type: 'custom', custom: { name: part.name, input: part.args } }
  return compact({ id: part.id, type: 'function', function: { name: part.name, arguments: part.args }, extra_content: extraContent(part.opaque) })
}

export function writeCitation({ url, title, start, end }: Citation): readonly Json[] {
  return url === undefined ? [] : [{ type: 'url_citation', url_citation: { url, title: title ?? url, start_index: start ?? 0, end_index: end ?? 0 } }]
}
