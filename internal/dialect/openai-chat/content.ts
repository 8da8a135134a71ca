import type { Json, Part, Source, TextPart } from '#canonical/request.ts'
import { asArray, asObject, asString, compact, isObject } from '#lib/json.ts'
import { mimeOfName, sourceOfUrl } from '../media.ts'
import { BadField, objectAt, optionalString, stringAt } from '../read.ts'

/** The content of a message: a string or an array of parts. Absent content has no parts. */
export function readContent(content: unknown, param: string): readonly Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }]
  if (content === undefined || content === null) return []
  if (!Array.isArray(content)) throw new BadField(param, 'must be a string or an array')
  return asArray(content).map((part, index) => readPart(part, `${param}[${index}]`))
}

function readPart(given: unknown, param: string): Part {
  if (typeof given === 'string') return { kind: 'text', text: given }
  const part = objectAt(given, param)
  switch (part['type']) {
    case 'text':
    case 'input_text':
    case 'output_text':
      return readText(part, param)
    case 'refusal':
      return { kind: 'refusal', text: stringAt(part['refusal'], `${param}.refusal`) }
    case 'image_url':
      return readImage(part, param)
    case 'input_audio':
      return readAudio(part['input_audio'], `${param}.input_audio`)
    case 'file':
      return readFile(objectAt(part['file'], `${param}.file`), `${param}.file`)
    // Mistral's.
    case 'document_url':
      return readLinked(part, 'document_url', param)
    // Qwen's and OpenRouter's.
    case 'video_url':
      return readLinked(part, 'video_url', param)
    case 'thinking':
      return { kind: 'reasoning', text: thinkingText(part['thinking']) }
    default:
      throw new BadField(
        `${param}.type`,
        `must be text, image_url, input_audio or file; ${JSON.stringify(part['type']) ?? 'nothing'} is not known`,
      )
  }
}

function readText(part: Json, param: string): TextPart {
  return compact({ kind: 'text', text: stringAt(part['text'], `${param}.text`), cacheHint: readCacheHint(part) })
}

const details = ['auto', 'low', 'high', 'original'] as const

function readImage(part: Json, param: string): Part {
  const given = part['image_url']
  const image = typeof given === 'string' ? { url: given } : objectAt(given, `${param}.image_url`)
  const { source, mime } = sourceOfUrl(stringAt(image['url'], `${param}.image_url.url`))
  const detail = details.find((known) => known === image['detail'])
  return compact({ kind: 'image', source, mime, detail, cacheHint: readCacheHint(part) })
}

/** An object with data and format; Mistral's clients write the data alone. */
function readAudio(given: unknown, param: string): Part {
  if (typeof given === 'string') return audioOf(given, undefined)
  const audio = objectAt(given, param)
  return audioOf(stringAt(audio['data'], `${param}.data`), optionalString(audio['format'], `${param}.format`))
}

function audioOf(data: string, format: string | undefined): Part {
  const { source, mime } = linkOrData(data)
  const named = format === undefined ? undefined : `audio/${format === 'mp3' ? 'mpeg' : format}`
  return { kind: 'audio', source, mime: named ?? mime ?? 'audio/wav' }
}

function readFile(file: Json, param: string): Part {
  const name = optionalString(file['filename'], `${param}.filename`)
  const id = optionalString(file['file_id'], `${param}.file_id`)
  if (id !== undefined) return compact({ kind: 'file', source: { kind: 'file', id, vendor: 'openai' } as const, name })
  const { source, mime } = linkOrData(stringAt(file['file_data'] ?? file['url'], `${param}.file_data`))
  return compact({ kind: 'file', source, mime: mime ?? mimeOfName(name ?? ''), name })
}

function readLinked(part: Json, field: 'document_url' | 'video_url', param: string): Part {
  const given = part[field]
  const url = typeof given === 'string' ? given : stringAt(asObject(given)['url'], `${param}.${field}`)
  const name = optionalString(part['document_name'], `${param}.document_name`)
  const { source, mime } = sourceOfUrl(url)
  const guessed = mimeOfName(name ?? url) ?? (field === 'video_url' ? 'video/mp4' : undefined)
  return compact({ kind: 'file', source, mime: mime ?? guessed, name })
}

/** A data URL, a link, or plain base64, which some clients send where a data URL belongs. */
function linkOrData(text: string): { readonly source: Source; readonly mime?: string } {
  const found = sourceOfUrl(text)
  if (found.source.kind !== 'url' || /^[a-z][a-z0-9+.-]*:/i.test(text)) return found
  return { source: { kind: 'base64', data: text } }
}

/** Anthropic's field, which OpenRouter and Qwen take, or OpenAI's. */
function readCacheHint(part: Json): { readonly ttl?: string } | undefined {
  const control = part['cache_control'] ?? part['prompt_cache_breakpoint']
  return isObject(control) ? compact({ ttl: asString(control['ttl']) }) : undefined
}

/** Mistral nests the texts of a thinking part. */
export function thinkingText(value: unknown): string {
  if (typeof value === 'string') return value
  return asArray(value)
    .map((entry) => asString(asObject(entry)['text']) ?? '')
    .join('')
}

/** Arguments are JSON text; some servers and clients write `""`, null or an object. */
export function argsText(value: unknown): string {
  if (typeof value === 'string') return value.trim() === '' ? '{}' : value
  return value === undefined || value === null ? '{}' : JSON.stringify(value)
}
