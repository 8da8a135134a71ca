import type { Loss } from '#canonical/loss.ts'
import type {
  AudioPart,
  FilePart,
  ImagePart,
  Json,
  Opaque,
  Part,
  Source,
  ToolCallPart,
  ToolResultPart,
} from '#canonical/request.ts'
import { flat } from '#lib/flat-text.ts'
import { compact } from '#lib/json.ts'
import { callInput } from '../call-input.ts'
import type { EncodeTarget } from '../dialect.ts'
import { documentText, mimeOfFile, textOfPart } from '../documents.ts'
import { shortHash, sniffMime, sourceOfUrl } from '../media.ts'
import type { ToolNames } from '../tool-names.ts'
import { cachePoint } from './cache-points.ts'

/** What the writers of a request share; what cannot be said is added to `losses`. */
export type Writer = {
  readonly target: EncodeTarget
  readonly names: ToolNames
  readonly losses: Loss[]
  /** Names of the documents so far: no two may be the same. */
  readonly documents: Set<string>
}

/** A part as content blocks, its cache point behind it. Blank text is refused. */
export function writePart(part: Part, writer: Writer): readonly Json[] {
  const blocks = writeBlocks(part, writer)
  const point = blocks.length === 0 ? [] : cachePoint(part.cacheHint, 'messages', writer.target)
  return [...blocks, ...point]
}

function writeBlocks(part: Part, writer: Writer): readonly Json[] {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return part.text.trim() === '' ? [] : [{ text: part.text }]
    case 'image':
      return writeImage(part, writer)
    case 'file':
      return writeFile(part, writer)
    case 'audio':
      return writeAudio(part, writer)
    case 'tool_call':
      return [writeCall(part, writer)]
    case 'tool_result':
      return writeResult(part, writer)
    case 'reasoning':
      return writeReasoning(part.text, part.opaque ?? [], writer)
    case 'server_tool':
      return []
  }
}

/** `[a-zA-Z0-9_-]{1,64}` is all that is taken; another id becomes the same one in every turn. */
export function toolId(id: string): string {
  return /^[a-zA-Z0-9_-]{1,64}$/.test(id) ? id : `call_${shortHash(id, 24)}`
}

function writeCall({ id, name, args, custom }: ToolCallPart, { names }: Writer): Json {
  const input = custom === true ? { input: args } : callInput(args)
  return { toolUse: { toolUseId: toolId(id), name: names.toProvider(name), input } }
}

/** Where results hold text only, images follow them in the same turn. */
function writeResult(part: ToolResultPart, writer: Writer): readonly Json[] {
  const { traits, quirks } = writer.target
  const blocks = part.parts.flatMap((inner) => writeInner(inner, writer))
  const moves = (block: Json): boolean => 'image' in block && !traits.imagesInToolResults
  const moved = blocks.filter(moves)
  const kept = moved.length === 0 ? blocks : [...blocks.filter((block) => !moves(block)), { text: imagesFollow }]
  const worded = part.isError === true && quirks.converse?.resultStatus !== true
  const content = [...(worded ? [{ text: 'The tool failed:' }] : []), ...kept]
  const toolResult = compact({
    toolUseId: toolId(part.callId),
    content: content.length === 0 ? [{ text: nothing }] : content,
    status: part.isError === true && !worded ? 'error' : undefined,
  })
  return [{ toolResult }, ...moved]
}

const imagesFollow = '(The images of this result follow below.)'
// Content without a word is refused by some models.
const nothing = '(no output)'

function writeInner(part: Part, writer: Writer): readonly Json[] {
  const text = textOfPart(part)
  if (text !== undefined) return text.trim() === '' ? [] : [{ text }]
  return writeBlocks(part, writer)
}

/** Only what the model itself signed goes back to it: others' thoughts, or unsigned ones, would be refused. */
function writeReasoning(text: string, opaque: readonly Opaque[], { target }: Writer): readonly Json[] {
  return opaque.flatMap(({ vendor, kind, data }): readonly Json[] => {
    if (vendor !== target.quirks.vendor || typeof data !== 'string') return []
    if (kind === 'redacted') return [{ reasoningContent: { redactedContent: toBlob(data, target) } }]
    return kind === 'signature' ? [{ reasoningContent: { reasoningText: { text, signature: data } } }] : []
  })
}

/** Claude's hidden thoughts are a text elsewhere, and bytes here. */
function toBlob(data: string, { quirks }: EncodeTarget): string {
  return quirks.converse?.modelFields === 'claude' ? Buffer.from(data).toString('base64') : data
}

const imageFormats: ReadonlyMap<string, string> = new Map([
  ['image/png', 'png'],
  ['image/jpeg', 'jpeg'],
  ['image/jpg', 'jpeg'],
  ['image/gif', 'gif'],
  ['image/webp', 'webp'],
])

function writeImage(part: ImagePart, writer: Writer): readonly Json[] {
  const { source, mime } = taken(part)
  const known = source.kind === 'base64' ? (sniffMime(source.data) ?? mime ?? 'image/png') : (mime ?? 'image/jpeg')
  const format = imageFormats.get(known)
  if (format === undefined) return lost(writer, 'image', `${known} is not taken`)
  const written = writeSource(source)
  return written === undefined ? lost(writer, 'image', noSource) : [{ image: { format, source: written } }]
}

const noSource = 'the provider takes media as data or from S3 only'

/** Amazon's own store is all that it reads from. */
function writeSource(source: Source): Json | undefined {
  if (source.kind === 'base64') return { bytes: flat(source.data) }
  return source.kind === 'url' && source.url.startsWith('s3://') ? { s3Location: { uri: source.url } } : undefined
}

/** A `data:` URL is data. */
function taken({ source, mime }: ImagePart | FilePart | AudioPart): { readonly source: Source; readonly mime?: string } {
  if (source.kind !== 'url') return compact({ source, mime })
  const given = sourceOfUrl(source.url)
  return compact({ source: given.source, mime: given.mime ?? mime })
}

const documentFormats: ReadonlyMap<string, string> = new Map([
  ['application/pdf', 'pdf'],
  ['text/csv', 'csv'],
  ['application/msword', 'doc'],
  ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'docx'],
  ['application/vnd.ms-excel', 'xls'],
  ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'xlsx'],
  ['text/html', 'html'],
  ['text/plain', 'txt'],
  ['text/markdown', 'md'],
])

const videoFormats: ReadonlyMap<string, string> = new Map([
  ['video/mp4', 'mp4'],
  ['video/quicktime', 'mov'],
  ['video/webm', 'webm'],
  ['video/x-matroska', 'mkv'],
  ['video/mpeg', 'mpeg'],
])

function writeFile(given: FilePart, writer: Writer): readonly Json[] {
  const part = { ...given, ...taken(given) }
  const mime = mimeOfFile(part) ?? 'application/octet-stream'
  const source = writeSource(part.source)
  const medium = writeMedium(mime, source)
  const watches = writer.target.quirks.converse?.videos === true
  if (medium !== undefined) return 'video' in medium && !watches ? lost(writer, 'file', 'the model watches no videos') : [medium]
  const native = writer.target.quirks.converse?.documents === true
  const text = documentText(part)
  if (text !== undefined && !(native && part.citations === true)) return text.trim() === '' ? [] : [{ text }]
  if (part.source.kind === 'text') return [writeDocument(part, 'txt', { text: part.source.text }, writer)]
  if (source === undefined) return lost(writer, 'file', noSource)
  const format = documentFormats.get(mime)
  if (!native || format === undefined) return lost(writer, 'file', `the model reads no ${mime}`)
  return [writeDocument(part, format, source, writer)]
}

/** A video or an image that came as a file. */
function writeMedium(mime: string, source: Json | undefined): Json | undefined {
  const [video, image] = [videoFormats.get(mime), imageFormats.get(mime)]
  if (source === undefined) return undefined
  if (video !== undefined) return { video: { format: video, source } }
  return image === undefined ? undefined : { image: { format: image, source } }
}

function writeDocument(part: FilePart, format: string, source: Json, { documents }: Writer): Json {
  const base =
    (part.title ?? part.name ?? '')
      .replace(/\.\w+$/, '')
      .replace(/[^a-zA-Z0-9()[\]-]+/g, ' ')
      .trim() || 'document'
  let name = base.slice(0, 190)
  for (let number = 2; documents.has(name); number++) name = `${base.slice(0, 190)} (${number})`
  documents.add(name)
  return {
    document: compact({
      format,
      name,
      source,
      context: part.context,
      citations: part.citations === true ? { enabled: true } : undefined,
    }),
  }
}

const audioFormats: ReadonlyMap<string, string> = new Map([
  ['audio/mpeg', 'mp3'],
  ['audio/mp3', 'mp3'],
  ['audio/wav', 'wav'],
  ['audio/x-wav', 'wav'],
  ['audio/ogg', 'ogg'],
  ['audio/flac', 'flac'],
  ['audio/aac', 'aac'],
  ['audio/webm', 'webm'],
])

function writeAudio(part: AudioPart, writer: Writer): readonly Json[] {
  const { source, mime = 'audio/wav' } = taken(part)
  const format = audioFormats.get(mime)
  if (writer.target.quirks.converse?.audio !== true) return lost(writer, 'audio', 'the model hears nothing')
  if (format === undefined) return lost(writer, 'audio', `${mime} is not taken`)
  const written = writeSource(source)
  return written === undefined ? lost(writer, 'audio', noSource) : [{ audio: { format, source: written } }]
}

/** Content that the model cannot take: without it the answer would be to another question. */
function lost(writer: Writer, field: string, reason: string): readonly Json[] {
  writer.losses.push({ field: `messages.${field}`, severity: 'refuse', reason })
  return []
}
