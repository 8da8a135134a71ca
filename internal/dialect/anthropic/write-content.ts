import type { Loss } from '#canonical/loss.ts'
import type { Json, Message, Part, ToolResultPart } from '#canonical/request.ts'
import { asObject, compact, parseJson } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'
import { dataUrl, mimeOfName, shortHash, sniffMime } from '../media.ts'
import type { ToolNames } from '../tool-names.ts'

export type Writer = { readonly target: EncodeTarget; readonly names: ToolNames; readonly losses: Loss[] }

const imageMimes = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])

/** The turns of a conversation, neighbours of one role merged; results of a turn stand together, first in their message. */
export function writeTurns(messages: readonly Message[], writer: Writer): readonly Json[] {
  const turns: { role: 'user' | 'assistant' | 'system'; content: Json[] }[] = []
  for (const message of messages) {
    const role = message.role === 'assistant' ? 'assistant' : isSystem(message) && writer.target.traits.lateSystem ? 'system' : 'user'
    const blocks = isSystem(message) && role === 'user' ? wrapSystem(message) : message.parts.flatMap((part) => writeBlock(part, writer))
    if (blocks.length === 0) continue
    const last = turns.at(-1)
    if (last?.role === role) last.content.push(...blocks)
    else turns.push({ role, content: [...blocks] })
  }
  return turns.map(({ role, content }) => ({ role, content: role === 'user' ? resultsFirst(content) : content }))
}

function isSystem({ role }: Message): boolean {
  return role === 'system' || role === 'developer'
}

/** Old models take system text at the beginning only; moving it there would break caches, so it stays where it is. */
function wrapSystem(message: Message): readonly Json[] {
  return message.parts.flatMap((part) => (part.kind === 'text' && part.text !== '' ? [{ type: 'text', text: `[system]\n${part.text}` }] : []))
}

function resultsFirst(content: readonly Json[]): readonly Json[] {
  const isResult = (block: Json): boolean => block['type'] === 'tool_result'
  return [...content.filter(isResult), ...content.filter((block) => !isResult(block))]
}

export function cacheControl(hint: { readonly ttl?: string } | undefined): Json | undefined {
  return hint === undefined ? undefined : { type: 'ephemeral', ...hint }
}

export function writeBlock(part: Part, writer: Writer): readonly Json[] {
  const cache_control = cacheControl(part.cacheHint)
  switch (part.kind) {
    case 'text':
      return part.text === '' ? [] : [compact({ type: 'text', text: part.text, cache_control })]
    case 'refusal':
      return part.text === '' ? [] : [{ type: 'text', text: part.text }]
    case 'image':
      return writeImage(part, writer)
    case 'file':
      return writeFile(part, writer)
    case 'audio':
      return lost(writer, 'audio', 'the model hears nothing')
    case 'tool_call':
      return [compact({ type: 'tool_use', id: toolId(part.id), name: writer.names.toProvider(part.name), input: part.custom === true ? { input: part.args } : inputOf(part.args), cache_control })]
    case 'tool_result':
      return [writeResult(part, writer)]
    case 'reasoning':
      return writeReasoning(part, writer)
    case 'server_tool':
      return part.vendor === 'anthropic' && writer.target.quirks.vendor === 'anthropic' ? [part.raw] : []
  }
}

/** Arguments that were cut at a limit are no JSON; an object is demanded. */
function inputOf(args: string): Json {
  const parsed = parseJson(args)
  return parsed.ok ? asObject(parsed.value) : {}
}

/** `^[a-zA-Z0-9_-]+$` is all that is taken. */
export function toolId(id: string): string {
  return /^[a-zA-Z0-9_-]+$/.test(id) ? id : `call_${shortHash(id, 24)}`
}

function writeResult(part: ToolResultPart, writer: Writer): Json {
  const content = part.parts.flatMap((inner) => writeBlock(inner, writer))
  return compact({
    type: 'tool_result',
    tool_use_id: toolId(part.callId),
    content: content.length === 0 ? undefined : content,
    is_error: part.isError,
    cache_control: cacheControl(part.cacheHint),
  })
}

/** Only what Anthropic signed goes back to it; a model's thoughts without a signature would be refused. */
function writeReasoning(part: Extract<Part, { kind: 'reasoning' }>, { target }: Writer): readonly Json[] {
  const own = (part.opaque ?? []).find((opaque) => opaque.vendor === target.quirks.vendor)
  if (own === undefined) return []
  if (own.kind === 'redacted') return [{ type: 'redacted_thinking', data: own.data }]
  return [{ type: 'thinking', thinking: part.text, signature: own.data }]
}

function writeImage(part: Extract<Part, { kind: 'image' }>, writer: Writer): readonly Json[] {
  const { source } = part
  const cache_control = cacheControl(part.cacheHint)
  if (source.kind === 'url') return [compact({ type: 'image', source: { type: 'url', url: source.url }, cache_control })]
  if (source.kind === 'file') return source.vendor === writer.target.quirks.vendor ? [{ type: 'image', source: { type: 'file', file_id: source.id } }] : lost(writer, 'image', 'it lies at another vendor')
  if (source.kind === 'text') return []
  const mime = sniffMime(source.data) ?? part.mime ?? 'image/png'
  if (!imageMimes.has(mime)) return lost(writer, 'image', `${mime} is not taken`)
  return [compact({ type: 'image', source: { type: 'base64', media_type: mime, data: source.data }, cache_control })]
}

function writeFile(part: Extract<Part, { kind: 'file' }>, writer: Writer): readonly Json[] {
  const { source } = part
  const about = { title: part.title ?? part.name, context: part.context, citations: part.citations === true ? { enabled: true } : undefined, cache_control: cacheControl(part.cacheHint) }
  const document = (written: Json): readonly Json[] => [compact({ type: 'document', source: written, ...about })]
  switch (source.kind) {
    case 'text':
      return document({ type: 'text', media_type: 'text/plain', data: source.text })
    case 'url':
      return document({ type: 'url', url: source.url })
    case 'file':
      return source.vendor === writer.target.quirks.vendor ? document({ type: 'file', file_id: source.id }) : lost(writer, 'file', 'it lies at another vendor')
    case 'base64': {
      const mime = sniffMime(source.data) ?? part.mime ?? mimeOfName(part.name ?? '') ?? 'application/octet-stream'
      if (mime === 'application/pdf') return document({ type: 'base64', media_type: mime, data: source.data })
      if (mime.startsWith('text/') || mime === 'application/json') return document({ type: 'text', media_type: 'text/plain', data: Buffer.from(source.data, 'base64').toString('utf8') })
      if (imageMimes.has(mime)) return [{ type: 'image', source: { type: 'base64', media_type: mime, data: source.data } }]
      return lost(writer, `file (${dataUrl(mime, '').slice(5, -8)})`, 'the model reads PDF and text only')
    }
  }
}

function lost(writer: Writer, field: string, reason: string): readonly Json[] {
  writer.losses.push({ field, severity: 'refuse', reason })
  return []
}
