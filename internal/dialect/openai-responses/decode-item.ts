import type { AnswerPart, AnswerReasoningPart, AnswerToolCallPart } from '#canonical/answer.ts'
import type { Citation, Json, Opaque } from '#canonical/request.ts'
import { createIds } from '#lib/ids.ts'
import { asArray, asNumber, asObject, asString, compact, parseJson } from '#lib/json.ts'
import type { DecodeContext } from '../dialect.ts'
import { declaredName, scopedNameIn } from './names.ts'
import { reasoningText } from './read-items.ts'

/** One item of the provider's output as parts. */
export function decodeItem(item: Json, context: DecodeContext): readonly AnswerPart[] {
  switch (item['type']) {
    case 'message':
      return decodeMessage(item)
    case 'reasoning':
      return decodeReasoning(item, context)
    case 'function_call':
    case 'custom_tool_call':
      return [decodeCall(item, context)]
    case 'image_generation_call': {
      const data = asString(item['result'])
      return data === undefined || data === ''
        ? [hosted(item, context)]
        : [{ kind: 'image', mime: `image/${asString(item['output_format']) ?? 'png'}`, data }]
    }
    default:
      return asString(item['type']) === undefined ? [] : [hosted(item, context)]
  }
}

/** An item that only its vendor can read: a web search, code that ran there, a compaction. */
function hosted(item: Json, { target }: DecodeContext): AnswerPart {
  return { kind: 'server_tool', type: asString(item['type']) ?? '', vendor: target.quirks.vendor, raw: item }
}

function decodeMessage(item: Json): readonly AnswerPart[] {
  return asArray(item['content'])
    .map(asObject)
    .flatMap((part): readonly AnswerPart[] => {
      if (part['type'] === 'refusal') return [{ kind: 'refusal', text: asString(part['refusal']) ?? '' }]
      const text = asString(part['text']) ?? ''
      const citations = asArray(part['annotations']).map((annotation) => readCitation(asObject(annotation)))
      if (text === '') return []
      const phase = asString(item['phase'])
      return [compact({ kind: 'text', text, citations: citations.length === 0 ? undefined : citations, phase })]
    })
}

function decodeReasoning(item: Json, context: DecodeContext): readonly AnswerReasoningPart[] {
  const text = reasoningText(item)
  const opaque = reasoningOpaque(item, context)
  if (text === '' && opaque.length === 0) return []
  return [opaque.length === 0 ? { kind: 'reasoning', text } : { kind: 'reasoning', text, opaque }]
}

export function reasoningOpaque(item: Json, { target }: DecodeContext): readonly Opaque[] {
  const data = asString(item['encrypted_content'])
  return data === undefined || data === ''
    ? []
    : [compact({ vendor: target.quirks.vendor, kind: 'encrypted', data, itemId: asString(item['id']) })]
}

export function decodeCall(item: Json, context: DecodeContext): AnswerToolCallPart {
  const name = calledName(item, context)
  const base = { kind: 'tool_call', id: callIdOf(item), name } as const
  if (item['type'] === 'custom_tool_call') return { ...base, args: asString(item['input']) ?? '', custom: true }
  const args = argsText(item['arguments'])
  return isCustom(name, context) ? { ...base, args: unwrapInput(args), custom: true } : { ...base, args }
}

/** The called tool by its name in the request. */
export function calledName(item: Json, { names, request }: DecodeContext): string {
  const given = asString(item['name']) ?? ''
  return names?.get(given) ?? declaredName(request.tools, scopedNameIn(given, item['namespace']))
}

/** Arguments are JSON text; some servers write `""` or an object. */
export function argsText(value: unknown): string {
  if (typeof value === 'string') return value.trim() === '' ? '{}' : value
  return value === undefined || value === null ? '{}' : JSON.stringify(value)
}

const newId = createIds()

/** The id that results refer to; one is made for a call that came without. */
export function callIdOf(item: Json): string {
  return asString(item['call_id']) || asString(item['id']) || `call_${newId()}`
}

/** Whether the client declared the tool as a custom one, which was told to the provider as a function. */
export function isCustom(name: string, { request }: DecodeContext): boolean {
  return request.tools.some((tool) => tool.kind === 'custom' && tool.name === name)
}

/** The text of an emulated custom tool's only argument; as it is when it was cut at the limit. */
export function unwrapInput(args: string): string {
  const parsed = parseJson(args)
  return parsed.ok ? (asString(asObject(parsed.value)['input']) ?? args) : args
}

export function readCitation(annotation: Json): Citation {
  return compact({
    url: asString(annotation['url']),
    title: asString(annotation['title']) ?? asString(annotation['filename']),
    start: asNumber(annotation['start_index']),
    end: asNumber(annotation['end_index']),
    raw: annotation,
  })
}
