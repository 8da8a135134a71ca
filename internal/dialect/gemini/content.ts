import type { Json, Message, Part, Source, ToolResultPart } from '#canonical/request.ts'
import { asArray, asString, compact, isObject } from '#lib/json.ts'
import { arrayAt, BadField, objectAt, optionalObject, optionalString, stringAt } from '../read.ts'
import { type CallIds, createCallIds } from './call-ids.ts'
import { readSignature } from './signature.ts'

type Reader = {
  readonly calls: CallIds
  /** Fields of parts that no other dialect has (`videoMetadata`), by their path. */
  readonly unread: (path: string, value: unknown) => void
}

/** The turns of a client's request (keys already in camelCase). A string is one user turn, an object one turn. */
export function readContents(contents: unknown, unread: Reader['unread']): readonly Message[] {
  const list = Array.isArray(contents)
    ? asArray(contents)
    : isObject(contents) || typeof contents === 'string'
      ? [contents]
      : undefined
  if (list === undefined) throw new BadField('contents', 'must be an array')
  if (list.length === 0) throw new BadField('contents', 'must not be empty')
  const reader: Reader = { calls: createCallIds(), unread }
  return list.flatMap((entry, index) => readContent(entry, `contents[${index}]`, reader))
}

/** System text in any of its forms. */
export function readSystem(value: unknown): readonly Message[] {
  if (value === undefined || value === null || value === '') return []
  if (typeof value === 'string') return [{ role: 'system', parts: [{ kind: 'text', text: value }] }]
  const parts = partsOf(objectAt(value, 'systemInstruction'), 'systemInstruction').flatMap((part, index) => {
    const param = `systemInstruction.parts[${index}].text`
    const text = typeof part === 'string' ? part : stringAt(objectAt(part, `systemInstruction.parts[${index}]`)['text'], param)
    return text === '' ? [] : [{ kind: 'text', text } as const]
  })
  return parts.length === 0 ? [] : [{ role: 'system', parts }]
}

/** A list in Google's documents; its SDKs also make one of a single part or text. */
function partsOf(content: Json, param: string): readonly unknown[] {
  const { parts } = content
  if (parts === undefined || parts === null) return typeof content['text'] === 'string' ? [{ text: content['text'] }] : []
  return isObject(parts) || typeof parts === 'string' ? [parts] : arrayAt(parts, `${param}.parts`)
}

const roles: ReadonlySet<string> = new Set(['', 'user', 'model', 'function', 'tool', 'system'])

function readContent(entry: unknown, param: string, reader: Reader): readonly Message[] {
  if (typeof entry === 'string') return [{ role: 'user', parts: [{ kind: 'text', text: entry }] }]
  const content = objectAt(entry, param)
  const role = optionalString(content['role'], `${param}.role`) ?? 'user'
  if (!roles.has(role)) throw new BadField(`${param}.role`, 'must be user or model')
  reader.calls.beginTurn(role === 'model')
  const parts = partsOf(content, param).flatMap((part, index) => readPart(part, `${param}.parts[${index}]`, reader))
  const results = parts.filter((part) => part.kind === 'tool_result')
  const rest = parts.filter((part) => part.kind !== 'tool_result')
  const sender = role === 'model' ? 'assistant' : role === 'system' ? 'system' : 'user'
  return [
    ...(results.length === 0 ? [] : [{ role: 'tool', parts: results } as const]),
    ...(rest.length === 0 ? [] : [{ role: sender, parts: rest } as const]),
  ]
}

function readPart(given: unknown, param: string, reader: Reader): readonly Part[] {
  const part = typeof given === 'string' ? { text: given } : objectAt(given, param)
  const opaque = readSignature(part['thoughtSignature'])
  for (const [key, value] of Object.entries(part)) if (beside.has(key)) reader.unread(`${param}.${key}`, value)
  const text = optionalString(part['text'], `${param}.text`)
  if (text !== undefined) return readText(text, part['thought'] === true, opaque)
  const call = optionalObject(part['functionCall'], `${param}.functionCall`)
  if (call !== undefined) return [readCall(call, { param: `${param}.functionCall`, opaque }, reader)]
  const result = optionalObject(part['functionResponse'], `${param}.functionResponse`)
  if (result !== undefined) return [readResult(result, `${param}.functionResponse`, reader)]
  const media = readMedia(part, param)
  if (media !== undefined) return [opaque === undefined ? media : { ...media, opaque }]
  return readServerPart(part, opaque)
}

/** What may stand beside a part's content and is said by no other dialect. */
const beside = new Set(['videoMetadata', 'mediaResolution', 'mediaProcessing', 'speechMetadata', 'partMetadata'])

type Signed = NonNullable<Part['opaque']> | undefined

function readText(text: string, thought: boolean, opaque: Signed): readonly Part[] {
  // A signature may come on an empty text; it is kept like a thought, for which other dialects have a place.
  if (text === '' && opaque === undefined) return []
  return [compact({ kind: thought || text === '' ? ('reasoning' as const) : ('text' as const), text, opaque })]
}

function readCall(call: Json, { param, opaque }: { readonly param: string; readonly opaque: Signed }, { calls }: Reader): Part {
  const name = stringAt(call['name'], `${param}.name`)
  const args = optionalObject(call['args'], `${param}.args`) ?? {}
  const id = calls.forCall(name, optionalString(call['id'], `${param}.id`) || undefined)
  return compact({ kind: 'tool_call', id, name, args: JSON.stringify(args), opaque })
}

function readMedia(part: Json, param: string): Part | undefined {
  const inline = optionalObject(part['inlineData'], `${param}.inlineData`)
  if (inline !== undefined) {
    const mime = optionalString(inline['mimeType'], `${param}.inlineData.mimeType`) ?? ''
    // Protobuf's bytes are base64 in either alphabet.
    const data = stringAt(inline['data'], `${param}.inlineData.data`).replaceAll('-', '+').replaceAll('_', '/')
    return mediaPart(mime, { kind: 'base64', data }, optionalString(inline['displayName'], `${param}.inlineData.displayName`))
  }
  const file = optionalObject(part['fileData'], `${param}.fileData`)
  if (file === undefined) return undefined
  const url = stringAt(file['fileUri'], `${param}.fileData.fileUri`)
  const mime = optionalString(file['mimeType'], `${param}.fileData.mimeType`) ?? ''
  const name = optionalString(file['displayName'], `${param}.fileData.displayName`)
  return mediaPart(mime, isGoogles(url) ? { kind: 'file', id: url, vendor: 'gemini' } : { kind: 'url', url }, name)
}

/** Only Google can read its own files, and a video's address as the video. */
function isGoogles(url: string): boolean {
  return /^gs:|^https:\/\/generativelanguage\.googleapis\.com\/|^https:\/\/(www\.)?(youtube\.com|youtu\.be)\//.test(url)
}

function mediaPart(mime: string, source: Source, name: string | undefined): Part {
  const type = mime === '' ? undefined : mime
  if (mime.startsWith('image/')) return compact({ kind: 'image', source, mime: type })
  return mime.startsWith('audio/')
    ? compact({ kind: 'audio', source, mime: type })
    : compact({ kind: 'file', source, mime: type, name })
}

function readServerPart(part: Json, opaque: Signed): readonly Part[] {
  const type = Object.keys(part).find((key) => key !== 'thought' && key !== 'thoughtSignature' && !beside.has(key))
  if (type !== undefined) return [{ kind: 'server_tool', type, vendor: 'gemini', raw: part }]
  return opaque === undefined ? [] : [{ kind: 'reasoning', text: '', opaque }]
}

function readResult(given: Json, param: string, { calls }: Reader): ToolResultPart {
  const name = optionalString(given['name'], `${param}.name`) ?? ''
  const called = calls.forResult(name, optionalString(given['id'], `${param}.id`) || undefined)
  if (called.name === '') throw new BadField(`${param}.name`, 'must not be empty')
  const response = optionalObject(given['response'], `${param}.response`)
  const inside = given['parts'] === undefined || given['parts'] === null ? [] : arrayAt(given['parts'], `${param}.parts`)
  const media = inside.flatMap((part, index) => {
    const at = `${param}.parts[${index}]`
    return readMedia(objectAt(part, at), at) ?? []
  })
  const bare = media.length > 0 && Object.keys(response ?? {}).length === 0
  return compact({
    kind: 'tool_result',
    callId: called.id,
    name: called.name,
    parts: [...(bare ? [] : [{ kind: 'text', text: resultText(response ?? {}) } as const]), ...media],
    isError: response !== undefined && only(response) === 'error' ? true : undefined,
  })
}

/** A result is an object here; what SDKs wrap a plain text in is taken off. */
function resultText(response: Json): string {
  const key = only(response)
  const text = key === 'output' || key === 'result' || key === 'error' ? asString(response[key]) : undefined
  return text ?? JSON.stringify(response)
}

function only(response: Json): string | undefined {
  const keys = Object.keys(response)
  return keys.length === 1 ? keys[0] : undefined
}
