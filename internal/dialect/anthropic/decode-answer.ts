import type { Answer, AnswerPart } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { Citation, Json } from '#canonical/request.ts'
import { asArray, asNumber, asObject, asString, compact, isObject } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'
import type { DecodeContext } from '../dialect.ts'
import { errorInAnswer } from './error.ts'
import { finishOf } from './finish.ts'
import { readUsage } from './usage.ts'

/** Claude → canonical, a whole answer. */
export function decodeAnswer(body: unknown, context: DecodeContext): Result<Answer, Failure> {
  if (!isObject(body)) return err({ kind: 'malformed', phase: 'body', message: 'the answer is not a JSON object' })
  if (body['type'] === 'error' || isObject(body['error'])) return err(errorInAnswer(body))
  const stop = asString(body['stop_reason'])
  if (!Array.isArray(body['content']) || (stop === undefined && body['content'].length === 0)) {
    return err({ kind: 'malformed', phase: 'body', message: 'the answer has neither content nor a stop reason' })
  }
  const parts = asArray(body['content']).flatMap((block) => readBlock(asObject(block), context))
  const called = parts.some((part) => part.kind === 'tool_call')
  const raw = stop ?? (called ? 'tool_use' : 'end_turn')
  return ok(
    compact({
      id: asString(body['id']) ?? '',
      model: asString(body['model']) ?? context.target.model,
      created: 0,
      candidates: [{ index: 0, parts, finish: finishOf(raw, asString(body['stop_sequence']), body['stop_details']) }],
      usage: readUsage(body['usage']),
      tier: asString(asObject(body['usage'])['service_tier']),
    }),
  )
}

function readBlock(block: Json, context: DecodeContext): readonly AnswerPart[] {
  const vendor = context.target.quirks.vendor
  const type = asString(block['type']) ?? ''
  switch (type) {
    case 'text': {
      const citations = asArray(block['citations']).map((citation) => readCitation(asObject(citation)))
      return [compact({ kind: 'text', text: asString(block['text']) ?? '', citations: citations.length === 0 ? undefined : citations })]
    }
    case 'thinking': {
      const signature = asString(block['signature'])
      const text = asString(block['thinking']) ?? ''
      return [signature === undefined || signature === '' ? { kind: 'reasoning', text } : { kind: 'reasoning', text, opaque: [{ vendor, kind: 'signature', data: signature }] }]
    }
    case 'redacted_thinking':
      return [{ kind: 'reasoning', text: '', opaque: [{ vendor, kind: 'redacted', data: block['data'] }] }]
    case 'tool_use':
      return [readCall(block, context)]
    default:
      return isServerBlock(type) ? [{ kind: 'server_tool', type, vendor, raw: block }] : []
  }
}

export function isServerBlock(type: string): boolean {
  return type === 'server_tool_use' || type.endsWith('_tool_result') || type.startsWith('mcp_')
}

export function readCitation(citation: Json): Citation {
  return { ...compact({ url: asString(citation['url']), title: asString(citation['title']) ?? asString(citation['document_title']), citedText: asString(citation['cited_text']), start: asNumber(citation['start_char_index']), end: asNumber(citation['end_char_index']) }), raw: citation }
}

function readCall(block: Json, context: DecodeContext): AnswerPart {
  const name = toolName(block, context)
  const input = asObject(block['input'])
  const base = { kind: 'tool_call', id: asString(block['id']) ?? '', name } as const
  if (isCustom(name, context)) return { ...base, args: asString(input['input']) ?? '', custom: true }
  return { ...base, args: typeof block['input'] === 'string' ? block['input'] : JSON.stringify(block['input'] ?? {}) }
}

/** The name that the client gave the tool. */
export function toolName(block: Json, { names }: DecodeContext): string {
  const given = asString(block['name']) ?? ''
  return names?.get(given) ?? given
}

/** Whether the client declared a custom tool, which was told as a function with one text argument. */
export function isCustom(name: string, { request }: DecodeContext): boolean {
  return request.tools.some((tool) => tool.kind === 'custom' && tool.name === name)
}
