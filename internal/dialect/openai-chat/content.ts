import type { Json, Message, Opaque, Part, ReasoningPart, Source, ToolCallPart } from '#canonical/request.ts'
import { asArray, asObject, asString, compact, isObject } from '#lib/json.ts'
import { mimeOfName, sourceOfUrl } from '../media.ts'
import { arrayAt, BadField, objectAt, optionalArray, optionalString, stringAt } from '../read.ts'

/** The messages of a request, in their order. Names of called functions are looked up for their results. */
export function readMessages(messages: readonly unknown[]): readonly Message[] {
  const called = new Map<string, string>()
  return messages.map((entry, index) => {
    const message = readMessage(objectAt(entry, `messages[${index}]`), `messages[${index}]`, called)
    for (const part of message.parts) if (part.kind === 'tool_call') called.set(part.id, part.name)
    return message
  })
}

function readMessage(message: Json, param: string, called: ReadonlyMap<string, string>): Message {
  const role = stringAt(message['role'], `${param}.role`)
  const name = optionalString(message['name'], `${param}.name`)
  switch (role) {
    case 'system':
    case 'developer':
    case 'user':
      return compact({ role, name, parts: readContent(message['content'], `${param}.content`, true) })
    case 'assistant':
      return compact({ role, name, parts: readAssistant(message, param) })
    case 'tool':
    case 'function': {
      const callId = role === 'tool' ? stringAt(message['tool_call_id'], `${param}.tool_call_id`) : (name ?? '')
      const parts = readContent(message['content'], `${param}.content`, false)
      return { role: 'tool', parts: [compact({ kind: 'tool_result', callId, name: name ?? called.get(callId), parts })] }
    }
    default:
      throw new BadField(`${param}.role`, 'must be system, developer, user, assistant or tool')
  }
}

function readContent(content: unknown, param: string, required: boolean): readonly Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }]
  if (content === undefined || content === null) {
    if (required) throw new BadField(param, 'must be a string or an array')
    return []
  }
  if (!Array.isArray(content)) throw new BadField(param, 'must be a string or an array')
  return arrayAt(content, param).map((part, index) => readPart(objectAt(part, `${param}[${index}]`), `${param}[${index}]`))
}

function readPart(part: Json, param: string): Part {
  switch (part['type']) {
    case 'text':
    case 'input_text':
      return compact({ kind: 'text', text: stringAt(part['text'], `${param}.text`), cacheHint: readCacheHint(part) })
    case 'refusal':
      return { kind: 'refusal', text: stringAt(part['refusal'], `${param}.refusal`) }
    case 'image_url': {
      const given = part['image_url']
      const image = typeof given === 'string' ? { url: given } : objectAt(given, `${param}.image_url`)
      const { source, mime } = sourceOfUrl(stringAt(image['url'], `${param}.image_url.url`))
      const detail = asString(image['detail'])
      const known = detail === 'low' || detail === 'high' || detail === 'auto' || detail === 'original' ? detail : undefined
      return compact({ kind: 'image', source, mime, detail: known, cacheHint: readCacheHint(part) })
    }
    case 'input_audio': {
      const audio = objectAt(part['input_audio'], `${param}.input_audio`)
      const data = stringAt(audio['data'], `${param}.input_audio.data`)
      const format = optionalString(audio['format'], `${param}.input_audio.format`) ?? 'wav'
      return { kind: 'audio', source: { kind: 'base64', data }, mime: `audio/${format === 'mp3' ? 'mpeg' : format}` }
    }
    case 'file':
      return readFile(objectAt(part['file'], `${param}.file`), param)
    case 'thinking':
      return { kind: 'reasoning', text: thinkingText(part['thinking']) }
    default:
      throw new BadField(`${param}.type`, `${JSON.stringify(part['type'])} is not known; text, image_url, input_audio and file are`)
  }
}

function readFile(file: Json, param: string): Part {
  const name = optionalString(file['filename'], `${param}.file.filename`)
  const id = optionalString(file['file_id'], `${param}.file.file_id`)
  if (id !== undefined) return compact({ kind: 'file', source: { kind: 'file', id, vendor: 'openai' }, name })
  const data = stringAt(file['file_data'] ?? file['url'], `${param}.file.file_data`)
  const { source, mime } = sourceOfUrl(data)
  // Without the `data:` prefix it is plain base64, which some clients send.
  const bare: Source | undefined = source.kind === 'url' && !/^https?:/.test(data) ? { kind: 'base64', data } : undefined
  return compact({ kind: 'file', source: bare ?? source, mime: mime ?? mimeOfName(name ?? ''), name })
}

function readCacheHint(part: Json): { readonly ttl?: string } | undefined {
  const control = part['cache_control']
  return isObject(control) ? compact({ ttl: asString(control['ttl']) }) : undefined
}

/** Mistral nests the texts of a thinking part. */
export function thinkingText(value: unknown): string {
  if (typeof value === 'string') return value
  return asArray(value)
    .map((entry) => asString(asObject(entry)['text']) ?? '')
    .join('')
}

function readAssistant(message: Json, param: string): readonly Part[] {
  const parts: Part[] = [...readReasoning(message), ...readContent(message['content'], `${param}.content`, false)]
  const refusal = optionalString(message['refusal'], `${param}.refusal`)
  if (refusal !== undefined && refusal !== '') parts.push({ kind: 'refusal', text: refusal })
  for (const [index, call] of (optionalArray(message['tool_calls'], `${param}.tool_calls`) ?? []).entries()) {
    parts.push(readToolCall(objectAt(call, `${param}.tool_calls[${index}]`), `${param}.tool_calls[${index}]`))
  }
  const legacy = message['function_call']
  if (isObject(legacy)) {
    const name = stringAt(legacy['name'], `${param}.function_call.name`)
    parts.push({ kind: 'tool_call', id: name, name, args: argsText(legacy['arguments']) })
  }
  return parts
}

function readToolCall(call: Json, param: string): ToolCallPart {
  const id = stringAt(call['id'], `${param}.id`)
  if (call['type'] === 'custom') {
    const custom = objectAt(call['custom'], `${param}.custom`)
    const args = optionalString(custom['input'], `${param}.custom.input`) ?? ''
    return { kind: 'tool_call', id, name: stringAt(custom['name'], `${param}.custom.name`), args, custom: true }
  }
  const fn = objectAt(call['function'], `${param}.function`)
  const signature = asString(asObject(asObject(call['extra_content'])['google'])['thought_signature'])
  const opaque: readonly Opaque[] | undefined = signature === undefined ? undefined : [{ vendor: 'gemini', kind: 'signature', data: signature }]
  return compact({ kind: 'tool_call', id, name: stringAt(fn['name'], `${param}.function.name`), args: argsText(fn['arguments']), opaque })
}

/** Arguments are JSON text; some servers and clients write `""` or an object. */
export function argsText(value: unknown): string {
  if (typeof value === 'string') return value.trim() === '' ? '{}' : value
  return value === undefined || value === null ? '{}' : JSON.stringify(value)
}

/** Reasoning of an earlier turn, as the servers that have it spell it; `reasoning_details` may carry our own opaque data. */
function readReasoning(message: Json): readonly ReasoningPart[] {
  const details = asArray(message['reasoning_details']).map(asObject)
  const text = asString(message['reasoning_content']) ?? asString(message['reasoning']) ?? ''
  const opaque = details.map(readDetail)
  if (text === '' && opaque.length === 0) return []
  return [opaque.length === 0 ? { kind: 'reasoning', text } : { kind: 'reasoning', text, opaque }]
}

const opaqueKinds = ['signature', 'encrypted', 'redacted', 'details'] as const

function readDetail(detail: Json): Opaque {
  const kind = opaqueKinds.find((known) => known === detail['kind'])
  const vendor = asString(detail['vendor'])
  if (detail['type'] !== 'outrigger' || kind === undefined || vendor === undefined) return { vendor: 'openrouter', kind: 'details', data: detail }
  const itemId = asString(detail['item_id'])
  return { vendor, kind, data: detail['data'], ...(itemId === undefined ? {} : { itemId }) }
}

/** The form in which opaque data of any vendor travels through a client that has no place for it. */
export function writeDetail(opaque: Opaque): Json {
  if (opaque.kind === 'details' && isObject(opaque.data)) return opaque.data
  return compact({ type: 'outrigger', vendor: opaque.vendor, kind: opaque.kind, data: opaque.data, item_id: opaque.itemId })
}
