import type { FilePart, Part } from '#canonical/request.ts'
import { mimeOfName, sniffMime } from './media.ts'

/** Whether a file of this type is plain text. */
export function isTextMime(mime: string): boolean {
  return (
    mime.startsWith('text/') ||
    /^application\/(json|xml|x?yaml|x-yaml|javascript|x-sh|sql|toml)/.test(mime) ||
    mime.endsWith('+json')
  )
}

/** What a file is, by what the client says, its first bytes, its name. */
export function mimeOfFile({ mime, source, name }: FilePart): string | undefined {
  return mime ?? (source.kind === 'base64' ? sniffMime(source.data) : undefined) ?? mimeOfName(name ?? '')
}

/** A document of plain text as text under its title, which is how every model can read it; undefined for any other file. */
export function documentText(part: FilePart): string | undefined {
  const text = plainText(part)
  if (text === undefined) return undefined
  const heads = [`${part.name ?? part.title ?? 'Document'}:`, part.context]
  return [...heads.filter((head) => head !== undefined && head !== ''), text].join('\n')
}

function plainText(part: FilePart): string | undefined {
  const { source } = part
  if (source.kind === 'text') return source.text
  if (source.kind !== 'base64' || !isTextMime(mimeOfFile(part) ?? '')) return undefined
  return Buffer.from(source.data, 'base64').toString('utf8')
}

/** What of a tool's result is text, documents of plain text included; undefined for media. */
export function textOfPart(part: Part): string | undefined {
  if (part.kind === 'text') return part.text
  return part.kind === 'file' ? documentText(part) : undefined
}
