import { createHash } from 'node:crypto'
import type { Source } from '#canonical/request.ts'
import { joined } from '#lib/flat-text.ts'
import { entryOf } from '#lib/json.ts'

/** A `data:` URL taken apart, or the URL as it is. */
export function sourceOfUrl(url: string): { readonly source: Source; readonly mime?: string } {
  const match = /^data:(?<mime>[^;,]*)(?:;[^;,=]+=[^;,]*)*(?<base64>;base64)?,/.exec(url)
  if (match?.groups === undefined) return { source: { kind: 'url', url } }
  const { mime = '', base64 } = match.groups
  const data = url.slice(match[0].length)
  const text = base64 === undefined ? Buffer.from(safeDecode(data)).toString('base64') : data.replace(/\s+/g, '')
  const source: Source = { kind: 'base64', data: text.replaceAll('-', '+').replaceAll('_', '/') }
  return mime === '' ? { source } : { source, mime }
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A stray percent sign: the text is taken as it is.
    return text
  }
}

export function dataUrl(mime: string, data: string): string {
  return joined('data:', mime, ';base64,', data)
}

const magics: readonly (readonly [RegExp, string])[] = [
  [/^\x89PNG/, 'image/png'],
  [/^\xff\xd8\xff/, 'image/jpeg'],
  [/^GIF8/, 'image/gif'],
  [/^RIFF[\s\S]{4}WEBP/, 'image/webp'],
  [/^%PDF/, 'application/pdf'],
]

/** What base64 data is by its first bytes; clients often name it wrongly and providers refuse that. */
export function sniffMime(base64: string): string | undefined {
  const head = Buffer.from(base64.slice(0, 24), 'base64').toString('latin1')
  return magics.find(([magic]) => magic.test(head))?.[1]
}

const byExtension: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  heic: 'image/heic',
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  html: 'text/html',
  json: 'application/json',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  mp4: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
}

/** By the extension of a URL's path or a file's name. */
export function mimeOfName(name: string): string | undefined {
  const path = URL.parse(name)?.pathname ?? name
  return entryOf(byExtension, path.split('.').at(-1)?.toLowerCase() ?? '')
}

/** Base62 digest of a text: short ids that are the same in every turn, which caches and signatures depend on. */
export function shortHash(text: string, length: number): string {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  let found = ''
  for (const byte of createHash('sha256').update(text).digest()) found += digits[byte % 62] ?? ''
  return found.slice(0, length)
}
