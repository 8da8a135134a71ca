import type { Loss } from '#canonical/loss.ts'
import type { Json, Message, Opaque, Part, ToolResultPart } from '#canonical/request.ts'
import { asObject, compact, isObject, parseJson } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'
import { mimeOfName, sniffMime } from '../media.ts'
import type { ToolNames } from '../tool-names.ts'

export type Writer = { readonly target: EncodeTarget; readonly names: ToolNames; readonly losses: Loss[] }

type Turn = { readonly role: 'user' | 'model'; readonly parts: Json[] }

/** The turns, neighbours of one role merged. */
export function writeContents(messages: readonly Message[], writer: Writer): readonly Json[] {
  const turns: Turn[] = []
  const called = namesOfCalls(messages)
  const currentTurn = messages.findLastIndex(({ role }) => role === 'user')
  for (const [index, message] of messages.entries()) {
    const role = message.role === 'assistant' ? 'model' : 'user'
    const parts = writeMessage(message, writer, called)
    if (role === 'model' && index > currentTurn) addSentinel(parts, writer)
    if (parts.length === 0) continue
    const last = turns.at(-1)
    if (last?.role === role) last.parts.push(...parts)
    else turns.push({ role, parts: [...parts] })
  }
  return turns
}

function namesOfCalls(messages: readonly Message[]): ReadonlyMap<string, string> {
  return new Map(
    messages.flatMap(({ parts }) => parts.flatMap((part) => (part.kind === 'tool_call' ? [[part.id, part.name] as const] : []))),
  )
}

function writeMessage(message: Message, writer: Writer, called: ReadonlyMap<string, string>): Json[] {
  if (message.role === 'system' || message.role === 'developer') {
    return message.parts.flatMap((part) => (part.kind === 'text' && part.text !== '' ? [{ text: `[system]\n${part.text}` }] : []))
  }
  return message.parts.flatMap((part) => writePart(part, writer, called))
}

/** Gemini 3 wants a signature on the first call of each step of the turn; this word says that there is none. Source: ai.google.dev, thought signatures. */
const sentinel = 'skip_thought_signature_validator'

function addSentinel(parts: Json[], { target }: Writer): void {
  if (target.traits.reasoning.kind !== 'level') return
  const first = parts.findIndex((part) => 'functionCall' in part)
  const call = parts[first]
  if (call !== undefined && !('thoughtSignature' in call)) parts[first] = { ...call, thoughtSignature: sentinel }
}

function signature(opaque: readonly Opaque[] | undefined, { target }: Writer): unknown {
  return opaque?.find((entry) => entry.vendor === target.quirks.vendor && entry.kind === 'signature')?.data
}

function withSignature(part: Json, opaque: readonly Opaque[] | undefined, writer: Writer): Json {
  const data = signature(opaque, writer)
  return data === undefined ? part : { ...part, thoughtSignature: data }
}

function writePart(part: Part, writer: Writer, called: ReadonlyMap<string, string>): readonly Json[] {
  switch (part.kind) {
    case 'text':
      return part.text === '' && signature(part.opaque, writer) === undefined
        ? []
        : [withSignature({ text: part.text }, part.opaque, writer)]
    case 'refusal':
      return part.text === '' ? [] : [{ text: part.text }]
    case 'reasoning': {
      const data = signature(part.opaque, writer)
      return data === undefined ? [] : [{ text: part.text, thought: true, thoughtSignature: data }]
    }
    case 'tool_call':
      return [withSignature({ functionCall: writeCall(part, writer) }, part.opaque, writer)]
    case 'tool_result':
      return writeResult(part, writer, called)
    case 'image':
    case 'audio':
    case 'file':
      return writeMedia(part, writer)
    case 'server_tool':
      return part.vendor === 'gemini' && writer.target.quirks.vendor === 'gemini' ? [part.raw] : []
  }
}

function writeCall(part: Extract<Part, { kind: 'tool_call' }>, { target, names }: Writer): Json {
  const parsed = parseJson(part.args)
  const args = part.custom === true ? { input: part.args } : parsed.ok ? asObject(parsed.value) : {}
  return compact({ id: target.quirks.gemini?.noCallIds === true ? undefined : part.id, name: names.toProvider(part.name), args })
}

function writeResult(part: ToolResultPart, writer: Writer, called: ReadonlyMap<string, string>): readonly Json[] {
  const { target, names } = writer
  const media = part.parts
    .filter((inner) => inner.kind === 'image' || inner.kind === 'file' || inner.kind === 'audio')
    .flatMap((inner) => writeMedia(inner, writer))
  const inside = target.traits.imagesInToolResults
  const functionResponse = compact({
    id: target.quirks.gemini?.noCallIds === true ? undefined : part.callId,
    name: names.toProvider(part.name ?? called.get(part.callId) ?? part.callId),
    response: responseOf(part),
    parts: inside && media.length > 0 ? media : undefined,
  })
  return [{ functionResponse }, ...(inside ? [] : media)]
}

/** A response is an object: JSON objects go as they are, all else in `output`. */
function responseOf(part: ToolResultPart): Json {
  const text = part.parts.flatMap((inner) => (inner.kind === 'text' ? [inner.text] : [])).join('\n')
  if (part.isError === true) return { error: text }
  const parsed = parseJson(text)
  const plain = parsed.ok && isObject(parsed.value) && !text.includes('"$ref"')
  return plain ? asObject(parsed.value) : { output: text }
}

function writeMedia(part: Extract<Part, { kind: 'image' | 'audio' | 'file' }>, writer: Writer): readonly Json[] {
  const { source } = part
  switch (source.kind) {
    case 'base64':
      return [{ inlineData: { mimeType: sniffMime(source.data) ?? part.mime ?? 'application/octet-stream', data: source.data } }]
    case 'url':
      return [
        {
          fileData: compact({
            mimeType: part.mime ?? mimeOfName(source.url) ?? (part.kind === 'image' ? 'image/jpeg' : undefined),
            fileUri: source.url,
          }),
        },
      ]
    case 'text':
      return [{ text: source.text }]
    case 'file':
      if (source.vendor === writer.target.quirks.vendor)
        return [{ fileData: compact({ mimeType: part.mime, fileUri: source.id }) }]
      writer.losses.push({ field: part.kind, severity: 'refuse', reason: 'it lies at another vendor' })
      return []
  }
}
