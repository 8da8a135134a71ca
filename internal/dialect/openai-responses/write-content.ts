import type { Loss } from '#canonical/loss.ts'
import type { FilePart, ImagePart, Json, Part } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'
import { documentText, mimeOfFile } from '../documents.ts'
import { dataUrl, sniffMime } from '../media.ts'

/** Where content goes, and what of it cannot. */
export type ContentWriter = { readonly target: EncodeTarget; readonly losses: Loss[] }

/** The content of a message to the model. One text is written as a string: every server takes that. */
export function writeContent(parts: readonly Part[], writer: ContentWriter): unknown {
  const content = writeParts(parts, writer)
  const [first] = content
  if (first === undefined) return ''
  return content.length === 1 && first['type'] === 'input_text' ? first['text'] : content
}

export function writeParts(parts: readonly Part[], writer: ContentWriter): readonly Json[] {
  return parts.flatMap((part) => writePart(part, writer))
}

function writePart(part: Part, writer: ContentWriter): readonly Json[] {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return part.text === '' ? [] : [inputText(part.text)]
    case 'image':
      return writeImage(part, writer)
    case 'audio':
      return lost(writer, 'audio', 'the provider takes no audio here')
    case 'file':
      return writeFile(part, writer)
    default:
      return []
  }
}

function inputText(text: string): Json {
  return { type: 'input_text', text }
}

function writeImage({ source, mime, detail = 'auto' }: ImagePart, writer: ContentWriter): readonly Json[] {
  switch (source.kind) {
    case 'url':
      return [{ type: 'input_image', detail, image_url: source.url }]
    case 'base64':
      return [{ type: 'input_image', detail, image_url: dataUrl(sniffMime(source.data) ?? mime ?? 'image/png', source.data) }]
    case 'file':
      return source.vendor === writer.target.quirks.vendor
        ? [{ type: 'input_image', detail, file_id: source.id }]
        : lost(writer, 'image', 'it lies at another vendor')
    case 'text':
      return lost(writer, 'image', 'it is a text')
  }
}

function writeFile(part: FilePart, writer: ContentWriter): readonly Json[] {
  const { source, name } = part
  const text = documentText(part)
  if (text !== undefined) return [inputText(text)]
  switch (source.kind) {
    case 'text':
      return []
    case 'url':
      return [compact({ type: 'input_file', filename: name, file_url: source.url })]
    case 'file':
      return source.vendor === writer.target.quirks.vendor
        ? [{ type: 'input_file', file_id: source.id }]
        : lost(writer, 'file', 'it lies at another vendor')
    case 'base64': {
      const mime = mimeOfFile(part) ?? 'application/octet-stream'
      if (mime.startsWith('audio/') || mime.startsWith('video/')) return lost(writer, 'file', `the provider takes no ${mime}`)
      return [
        {
          type: 'input_file',
          filename: name ?? `document.${mime.split('/')[1] ?? 'bin'}`,
          file_data: dataUrl(mime, source.data),
        },
      ]
    }
  }
}

function lost(writer: ContentWriter, field: string, reason: string): readonly Json[] {
  writer.losses.push({ field: `messages.${field}`, severity: 'refuse', reason })
  return []
}
