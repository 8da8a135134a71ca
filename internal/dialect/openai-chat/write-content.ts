import type { Loss } from '#canonical/loss.ts'
import type { AudioPart, FilePart, ImagePart, Json, Part } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'
import { documentText, mimeOfFile } from '../documents.ts'
import { dataUrl, sniffMime } from '../media.ts'
import type { ToolNames } from '../tool-names.ts'

/** What the writers of messages share. `at` is where the message stood in the client's request, for the names of losses. */
export type Writer = {
  readonly target: EncodeTarget
  readonly names: ToolNames
  readonly losses: Loss[]
  /** Whether the names of participants are sent. */
  readonly keepsNames: boolean
  at: number
}

/** Content of a system or user message: one text is written as a string, which every server takes. */
export function writeContent(parts: readonly Part[], writer: Writer): unknown {
  const content = parts.flatMap((part) => writePart(part, writer))
  const [only] = content
  if (only === undefined) return ''
  return content.length === 1 && only['type'] === 'text' && !('cache_control' in only) ? only['text'] : content
}

export function writePart(part: Part, writer: Writer): readonly Json[] {
  switch (part.kind) {
    case 'text': {
      if (part.text === '') return []
      const hinted = part.cacheHint !== undefined && writer.target.quirks.chat?.cacheControl === true
      const control = hinted ? { type: 'ephemeral', ...part.cacheHint } : undefined
      return [compact({ type: 'text', text: part.text, cache_control: control })]
    }
    case 'refusal':
      return [{ type: 'text', text: part.text }]
    case 'image':
      return writeImage(part, writer)
    case 'audio':
      return writeAudio(part, writer)
    case 'file':
      return writeFile(part, writer)
    case 'server_tool':
    case 'tool_call':
    case 'tool_result':
    case 'reasoning':
      return []
  }
}

export function lost(writer: Writer, field: string, reason: string, severity: Loss['severity'] = 'refuse'): readonly Json[] {
  writer.losses.push({ field: `messages[${writer.at}].${field}`, severity, reason })
  return []
}

function writeImage({ source, mime, detail }: ImagePart, writer: Writer): readonly Json[] {
  if (writer.target.quirks.chat?.images === false) return lost(writer, 'image', 'the provider takes no images')
  const image = (url: string): readonly Json[] => [{ type: 'image_url', image_url: compact({ url, detail }) }]
  switch (source.kind) {
    case 'url':
      return image(source.url)
    case 'base64':
      return image(dataUrl(sniffMime(source.data) ?? mime ?? 'image/png', source.data))
    case 'file':
    case 'text':
      return lost(writer, 'image', 'images are taken as data or links only')
  }
}

function writeAudio({ source, mime = 'audio/wav' }: AudioPart, writer: Writer): readonly Json[] {
  const form = writer.target.quirks.chat?.media ?? 'openai'
  if (form === 'none') return lost(writer, 'audio', 'the provider takes no audio')
  if (form === 'mistral') {
    const audio = source.kind === 'url' ? source.url : source.kind === 'base64' ? source.data : undefined
    return audio === undefined
      ? lost(writer, 'audio', 'it lies at another vendor')
      : [{ type: 'input_audio', input_audio: audio }]
  }
  if (source.kind !== 'base64') return lost(writer, 'audio', 'audio is taken as data only')
  const format = /mpeg|mp3/.test(mime) ? 'mp3' : mime.replace(/^audio\/(x-|vnd\.)?/, '')
  return [{ type: 'input_audio', input_audio: { data: source.data, format } }]
}

function writeFile(part: FilePart, writer: Writer): readonly Json[] {
  const { source } = part
  const text = documentText(part)
  if (text !== undefined) return [{ type: 'text', text }]
  if (writer.target.quirks.chat?.media === 'none') return lost(writer, 'file', 'the provider takes no files')
  switch (source.kind) {
    case 'file':
      return source.vendor === writer.target.quirks.vendor
        ? [{ type: 'file', file: { file_id: source.id } }]
        : lost(writer, 'file', 'it lies at another vendor')
    case 'url':
      return writeLinked(source.url, part.mime ?? '', part, writer)
    case 'base64': {
      const mime = mimeOfFile(part) ?? 'application/octet-stream'
      return writeLinked(dataUrl(mime, source.data), mime, part, writer)
    }
    case 'text':
      return []
  }
}

/** A document by its address, which may hold its data. */
function writeLinked(url: string, mime: string, part: FilePart, writer: Writer): readonly Json[] {
  if (mime.startsWith('video/')) return writeVideo(url, writer)
  if (writer.target.quirks.chat?.media === 'mistral') {
    return [compact({ type: 'document_url', document_url: url, document_name: part.name })]
  }
  if (!url.startsWith('data:')) return lost(writer, 'file', 'files are taken as data only')
  const filename = part.name ?? `document.${mime.split('/')[1] ?? 'bin'}`
  return [{ type: 'file', file: { filename, file_data: url } }]
}

/** Only servers that carry models of every vendor take videos, in a form of their own. */
function writeVideo(url: string, writer: Writer): readonly Json[] {
  return writer.target.quirks.chat?.extendedSampling === true && writer.target.quirks.chat.cacheControl === true
    ? [{ type: 'video_url', video_url: { url } }]
    : lost(writer, 'video', 'the provider takes no videos')
}
