import type { Json, Message, Opaque, Part, ToolResultPart } from '#canonical/request.ts'
import { asArray, asObject, asString, compact, isObject } from '#lib/json.ts'
import { shortHash } from '../media.ts'
import { BadField, objectAt, optionalString } from '../read.ts'

/** Contents of a client's request (keys already in camelCase). A string is one user turn, an object one turn. */
export function readContents(contents: unknown): readonly Message[] {
  if (typeof contents === 'string') return [{ role: 'user', parts: [{ kind: 'text', text: contents }] }]
  const list = Array.isArray(contents) ? contents : isObject(contents) ? [contents] : undefined
  if (list === undefined) throw new BadField('contents', 'must be an array')
  const calls = createCallIds()
  return list.flatMap((entry: unknown, index) => readContent(entry, `contents[${index}]`, calls))
}

/** System text in any of its forms. */
export function readSystem(value: unknown): readonly Message[] {
  if (value === undefined || value === null) return []
  if (typeof value === 'string') return value === '' ? [] : [{ role: 'system', parts: [{ kind: 'text', text: value }] }]
  const parts = partsOf(objectAt(value, 'systemInstruction')).flatMap((part) =>
    typeof part['text'] === 'string' && part['text'] !== '' ? [{ kind: 'text', text: part['text'] } as const] : [],
  )
  return parts.length === 0 ? [] : [{ role: 'system', parts }]
}

type CallIds = {
  readonly forCall: (name: string, given: string | undefined) => string
  readonly forResult: (name: string, given: string | undefined) => string
}

/**
 * Ids for calls that came without: made of name and place, so that they are the same in every turn; results belong to calls
 * of their name in the order of the calls.
 */
function createCallIds(): CallIds {
  const waiting = new Map<string, string[]>()
  let count = 0
  return {
    forCall(name, given) {
      const id = given ?? `call_${shortHash(`${name} ${count}`, 20)}`
      count++
      waiting.set(name, [...(waiting.get(name) ?? []), id])
      return id
    },
    forResult(name, given) {
      const queue = waiting.get(name) ?? []
      if (given !== undefined) {
        waiting.set(
          name,
          queue.filter((id) => id !== given),
        )
        return given
      }
      return queue.shift() ?? `call_${shortHash(`${name} result`, 20)}`
    },
  }
}

function partsOf(content: Json): readonly Json[] {
  const { parts } = content
  return isObject(parts)
    ? [parts]
    : typeof parts === 'string'
      ? [{ text: parts }]
      : asArray(parts).map((part) => (typeof part === 'string' ? { text: part } : asObject(part)))
}

function readContent(entry: unknown, param: string, calls: CallIds): readonly Message[] {
  if (typeof entry === 'string') return [{ role: 'user', parts: [{ kind: 'text', text: entry }] }]
  const content = objectAt(entry, param)
  const role = optionalString(content['role'], `${param}.role`) ?? 'user'
  if (!['user', 'model', 'function', 'tool', 'system'].includes(role))
    throw new BadField(`${param}.role`, 'must be user or model')
  const parts = partsOf(content).flatMap((part, index) => readPart(part, `${param}.parts[${index}]`, calls))
  if (role === 'model') return [{ role: 'assistant', parts }]
  if (role === 'system') return [{ role: 'system', parts }]
  const results = parts.filter((part) => part.kind === 'tool_result')
  const rest = parts.filter((part) => part.kind !== 'tool_result')
  if (results.length === 0) return [{ role: 'user', parts }]
  return rest.length === 0
    ? [{ role: 'tool', parts: results }]
    : [
        { role: 'tool', parts: results },
        { role: 'user', parts: rest },
      ]
}

function signatureOf(part: Json): readonly Opaque[] | undefined {
  const signature = asString(part['thoughtSignature'])
  return signature === undefined ? undefined : [{ vendor: 'gemini', kind: 'signature', data: signature }]
}

function readPart(part: Json, param: string, calls: CallIds): readonly Part[] {
  const opaque = signatureOf(part)
  if (typeof part['text'] === 'string') {
    if (part['thought'] === true) return [compact({ kind: 'reasoning', text: part['text'], opaque })]
    return part['text'] === '' && opaque === undefined ? [] : [compact({ kind: 'text', text: part['text'], opaque })]
  }
  if (isObject(part['functionCall'])) {
    const call = part['functionCall']
    const name = optionalString(call['name'], `${param}.functionCall.name`) ?? ''
    return [
      compact({
        kind: 'tool_call',
        id: calls.forCall(name, asString(call['id'])),
        name,
        args: JSON.stringify(call['args'] ?? {}),
        opaque,
      }),
    ]
  }
  if (isObject(part['functionResponse'])) return [readResult(part['functionResponse'], param, calls)]
  return readMedia(part, param) ?? readServerPart(part)
}

function readMedia(part: Json, param: string): readonly Part[] | undefined {
  const inline = part['inlineData']
  const file = part['fileData']
  if (isObject(inline)) {
    const mime = optionalString(inline['mimeType'], `${param}.inlineData.mimeType`) ?? 'application/octet-stream'
    const data = (optionalString(inline['data'], `${param}.inlineData.data`) ?? '').replaceAll('-', '+').replaceAll('_', '/')
    return [mediaPart(mime, { kind: 'base64', data })]
  }
  if (isObject(file)) {
    const url = optionalString(file['fileUri'], `${param}.fileData.fileUri`) ?? ''
    const mime = optionalString(file['mimeType'], `${param}.fileData.mimeType`)
    const own = url.includes('generativelanguage.googleapis.com') || url.startsWith('gs://')
    return [mediaPart(mime ?? '', own ? { kind: 'file', id: url, vendor: 'gemini' } : { kind: 'url', url })]
  }
  return undefined
}

function mediaPart(mime: string, source: Extract<Part, { kind: 'file' }>['source']): Part {
  const kind = mime.startsWith('image/') ? 'image' : mime.startsWith('audio/') ? 'audio' : 'file'
  return mime === '' ? { kind, source } : { kind, source, mime }
}

function readServerPart(part: Json): readonly Part[] {
  const [type] = Object.keys(part).filter((key) => key !== 'thought' && key !== 'thoughtSignature')
  return type === undefined ? [] : [{ kind: 'server_tool', type, vendor: 'gemini', raw: part }]
}

function readResult(given: Json, param: string, calls: CallIds): ToolResultPart {
  const name = optionalString(given['name'], `${param}.functionResponse.name`) ?? ''
  const response = asObject(given['response'])
  const media = asArray(given['parts']).flatMap((part) => readMedia(asObject(part), param) ?? [])
  return compact({
    kind: 'tool_result',
    callId: calls.forResult(name, asString(given['id'])),
    name,
    parts: [{ kind: 'text', text: resultText(response) } as const, ...media],
    isError: 'error' in response && Object.keys(response).length === 1 ? true : undefined,
  })
}

/** A result is an object here; the wrappings that SDKs use for a plain text are taken off. */
function resultText(response: Json): string {
  const keys = Object.keys(response)
  const [only] = keys
  const inner =
    keys.length === 1 && only !== undefined && ['output', 'result', 'error', 'content'].includes(only)
      ? response[only]
      : undefined
  return typeof inner === 'string' ? inner : JSON.stringify(inner ?? response)
}
