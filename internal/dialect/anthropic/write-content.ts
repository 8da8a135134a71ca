import type { Loss } from '#canonical/loss.ts'
import type { CacheHint, FilePart, ImagePart, Json, Part, ReasoningPart, ToolResultPart } from '#canonical/request.ts'
import { flat } from '#lib/flat-text.ts'
import { compact } from '#lib/json.ts'
import { callInput } from '../call-input.ts'
import type { EncodeTarget } from '../dialect.ts'
import { isTextMime } from '../documents.ts'
import { mimeOfName, shortHash, sniffMime, sourceOfUrl } from '../media.ts'
import type { Quirks } from '../quirks.ts'
import type { ToolNames } from '../tool-names.ts'
import { writeCitations } from './citations.ts'

/** What the writers of a request share; what cannot be said is added to `losses`. */
export type Writer = { readonly target: EncodeTarget; readonly names: ToolNames; readonly losses: Loss[] }

/** The only images that are taken. Source: docs.anthropic.com, Vision. */
const imageMimes = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])

/** The newest version refuses sampling for all models, hence the one that all models take. */
export function apiVersion({ anthropic }: Quirks): string {
  return anthropic?.version ?? '2023-06-01'
}

/** Anthropic keeps for five minutes, or an hour where it is told; other vendors' times become the nearest. */
export function cacheControl(hint: CacheHint | undefined): Json | undefined {
  if (hint === undefined) return undefined
  if (hint.ttl === undefined) return { type: 'ephemeral' }
  return { type: 'ephemeral', ttl: hint.ttl.endsWith('h') ? '1h' : '5m' }
}

/** `^[a-zA-Z0-9_-]+$` is all that is taken; another id becomes the same one in every turn. */
export function toolId(id: string): string {
  return /^[a-zA-Z0-9_-]+$/.test(id) ? id : `call_${shortHash(id, 24)}`
}

export function writeBlock(part: Part, writer: Writer): readonly Json[] {
  const cache_control = cacheControl(part.cacheHint)
  switch (part.kind) {
    case 'text': {
      // Empty text is refused.
      if (part.text === '') return []
      const citations = writeCitations(part.citations)
      return [
        compact({ type: 'text', text: part.text, citations: citations.length === 0 ? undefined : citations, cache_control }),
      ]
    }
    case 'refusal':
      return part.text === '' ? [] : [compact({ type: 'text', text: part.text, cache_control })]
    case 'image':
      return writeImage(part, writer)
    case 'file':
      return writeFile(part, writer)
    case 'audio':
      return lost(writer, 'audio', 'the model hears nothing')
    case 'tool_call': {
      const input = part.custom === true ? { input: part.args } : callInput(part.args)
      return [compact({ type: 'tool_use', id: toolId(part.id), name: writer.names.toProvider(part.name), input, cache_control })]
    }
    case 'tool_result':
      return writeResult(part, writer)
    case 'reasoning':
      return writeReasoning(part, writer)
    case 'server_tool':
      return [part.raw]
  }
}

/** Where results hold text only, images follow them in the same turn. */
function writeResult(part: ToolResultPart, writer: Writer): readonly Json[] {
  const content = part.parts.flatMap((inner) => writeBlock(inner, writer))
  const moves = (block: Json): boolean => block['type'] === 'image' && !writer.target.traits.imagesInToolResults
  const moved = content.filter(moves)
  const kept = moved.length === 0 ? content : [...content.filter((block) => !moves(block)), { type: 'text', text: imagesFollow }]
  const result = compact({
    type: 'tool_result',
    tool_use_id: toolId(part.callId),
    content: kept.length === 0 ? undefined : kept,
    is_error: part.isError,
    cache_control: cacheControl(part.cacheHint),
  })
  return [result, ...moved]
}

const imagesFollow = '(The images of this result follow below.)'

/** Only what the provider itself signed goes back to it: another vendor's thoughts, or unsigned ones, would be refused. */
function writeReasoning({ text, opaque = [] }: ReasoningPart, { target }: Writer): readonly Json[] {
  return opaque.flatMap(({ vendor, kind, data }): readonly Json[] => {
    if (vendor !== target.quirks.vendor || typeof data !== 'string') return []
    if (kind === 'redacted') return [{ type: 'redacted_thinking', data }]
    return kind === 'signature' ? [{ type: 'thinking', thinking: text, signature: data }] : []
  })
}

function writeImage(part: ImagePart, writer: Writer): readonly Json[] {
  const cache_control = cacheControl(part.cacheHint)
  const image = (source: Json): readonly Json[] => [compact({ type: 'image', source, cache_control })]
  const { source, mime } = part.source.kind === 'url' ? { mime: part.mime, ...sourceOfUrl(part.source.url) } : part
  switch (source.kind) {
    case 'url':
      return takesUrls(writer) ? image({ type: 'url', url: source.url }) : lost(writer, 'image', noUrls)
    case 'file':
      return source.vendor === writer.target.quirks.vendor
        ? image({ type: 'file', file_id: source.id })
        : lost(writer, 'image', elsewhere)
    case 'text':
      return lost(writer, 'image', 'text is no image')
    case 'base64': {
      // A wrong name is refused, and common.
      const media_type = sniffMime(source.data) ?? mime ?? 'image/png'
      return imageMimes.has(media_type)
        ? image({ type: 'base64', media_type, data: flat(source.data) })
        : lost(writer, 'image', `${media_type} is not taken`)
    }
  }
}

const elsewhere = 'the file lies at another vendor'
const noUrls = 'the provider takes media as data only'

function takesUrls({ target }: Writer): boolean {
  return target.quirks.anthropic?.mediaUrls !== false
}

function writeFile(part: FilePart, writer: Writer): readonly Json[] {
  const { source, mime } = part.source.kind === 'url' ? { mime: part.mime, ...sourceOfUrl(part.source.url) } : part
  switch (source.kind) {
    case 'text':
      return source.text === '' ? [] : document(part, { type: 'text', media_type: 'text/plain', data: source.text })
    case 'url': {
      if (!takesUrls(writer)) return lost(writer, 'file', noUrls)
      const url = { type: 'url', url: source.url }
      return mime?.startsWith('image/') === true ? [{ type: 'image', source: url }] : document(part, url)
    }
    case 'file':
      if (source.vendor !== writer.target.quirks.vendor) return lost(writer, 'file', elsewhere)
      return document(part, { type: 'file', file_id: source.id })
    case 'base64':
      return writeFileData(part, flat(source.data), sniffMime(source.data) ?? mime ?? mimeOfName(part.name ?? ''), writer)
  }
}

function writeFileData(part: FilePart, data: string, known: string | undefined, writer: Writer): readonly Json[] {
  const media_type = known ?? 'application/octet-stream'
  if (media_type === 'application/pdf') return document(part, { type: 'base64', media_type, data })
  if (imageMimes.has(media_type)) return [{ type: 'image', source: { type: 'base64', media_type, data } }]
  if (!isTextMime(media_type)) return lost(writer, 'file', `the model reads PDF, text and images only, not ${media_type}`)
  return document(part, { type: 'text', media_type: 'text/plain', data: Buffer.from(data, 'base64').toString('utf8') })
}

function document(part: FilePart, source: Json): readonly Json[] {
  return [
    compact({
      type: 'document',
      source,
      title: part.title ?? part.name,
      context: part.context,
      citations: part.citations === true ? { enabled: true } : undefined,
      cache_control: cacheControl(part.cacheHint),
    }),
  ]
}

/** Content that the model cannot take: without it the answer would be to another question. */
function lost(writer: Writer, field: string, reason: string): readonly Json[] {
  writer.losses.push({ field: `messages.${field}`, severity: 'refuse', reason })
  return []
}
