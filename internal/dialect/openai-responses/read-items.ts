import type { Json, Message, Opaque, Part, Role, Tool } from '#canonical/request.ts'
import { asArray, asObject, asString, compact } from '#lib/json.ts'
import { unpackOpaque } from '../opaque.ts'
import { BadField, objectAt, optionalString, stringAt } from '../read.ts'
import { readContent } from './content.ts'
import { declaredName, scopedNameIn } from './names.ts'

/** A turn that may still grow by the items that follow. */
type Turn = { readonly role: Role; phase?: string; readonly parts: Part[] }

type Reader = {
  readonly tools: readonly Tool[]
  readonly turns: Turn[]
  readonly called: Map<string, string>
  /** The ids of calls of OpenAI's own tools. */
  readonly hosted: Set<string>
  /** The items in which texts came, where these have an id. */
  readonly messages: Map<Part, string>
  /** What came in an item of its own and belongs to a call or a message, by the id of that. */
  readonly carried: Map<string, Opaque[]>
}

/**
 * The items of a request as messages. What the model wrote in one go (reasoning, text, calls) is one message, and so are
 * the results of its calls: dialects with messages demand that.
 */
export function readItems(items: readonly unknown[], tools: readonly Tool[]): readonly Message[] {
  const reader: Reader = { tools, turns: [], called: new Map(), hosted: new Set(), messages: new Map(), carried: new Map() }
  for (const [index, item] of items.entries()) readItem(reader, objectAt(item, `input[${index}]`), `input[${index}]`)
  return reader.carried.size === 0
    ? reader.turns
    : reader.turns.map((turn) => ({ ...turn, parts: turn.parts.map((part) => withCarried(part, reader)) }))
}

function withCarried(part: Part, { carried, messages }: Reader): Part {
  const opaque = carried.get((part.kind === 'tool_call' ? part.id : messages.get(part)) ?? '')
  return opaque === undefined ? part : { ...part, opaque }
}

function readItem(reader: Reader, item: Json, param: string): void {
  const type = optionalString(item['type'], `${param}.type`) ?? (item['role'] === undefined ? undefined : 'message')
  switch (type) {
    case undefined:
      throw new BadField(`${param}.type`, 'is missing')
    case 'message':
      return readMessage(reader, item, param)
    case 'reasoning':
      return readReasoning(reader, item)
    case 'function_call':
    case 'custom_tool_call':
      return readCall(reader, item, param)
    case 'function_call_output':
    case 'custom_tool_call_output':
      return readResult(reader, item, param)
    case 'additional_tools':
      // They are among the request's tools.
      return
    default:
      return readHosted(reader, type, item)
  }
}

// What they stand for is kept by OpenAI, or encrypted.
const essentialItems: ReadonlySet<string> = new Set(['item_reference', 'compaction', 'compaction_summary'])

function readHosted(reader: Reader, type: string, raw: Json): void {
  const callId = asString(raw['call_id'])
  if (callId !== undefined) reader.hosted.add(callId)
  const essential = essentialItems.has(type) ? true : undefined
  addToAssistant(reader, compact({ kind: 'server_tool', type, vendor: 'openai', raw, essential }))
}

function readMessage(reader: Reader, item: Json, param: string): void {
  const role = stringAt(item['role'], `${param}.role`)
  const parts = readContent(item['content'], `${param}.content`)
  switch (role) {
    case 'system':
    case 'developer':
    case 'user':
      reader.turns.push({ role, parts: [...parts] })
      return
    case 'assistant': {
      const phase = asString(item['phase'])
      noteMessage(reader, parts, asString(item['id']))
      const last = reader.turns.at(-1)
      const joined: Turn = last?.role === 'assistant' && joins(last) ? last : { role: 'assistant', parts: [] }
      joined.parts.push(...parts)
      if (phase !== undefined) joined.phase ??= phase
      if (joined !== last) reader.turns.push(joined)
      return
    }
    default:
      throw new BadField(`${param}.role`, 'must be system, developer, user or assistant')
  }
}

function noteMessage(reader: Reader, parts: readonly Part[], id: string | undefined): void {
  const text = parts.findLast((part) => part.kind === 'text')
  if (text !== undefined && id !== undefined) reader.messages.set(text, id)
}

/** Two texts in a row were two messages, unless a call stands between them whose result is still to come. */
function joins({ parts }: Turn): boolean {
  return parts.some((part) => part.kind === 'tool_call') || !parts.some((part) => part.kind === 'text' || part.kind === 'refusal')
}

function addToAssistant(reader: Reader, part: Part): void {
  const last = reader.turns.at(-1)
  if (last?.role === 'assistant') last.parts.push(part)
  else reader.turns.push({ role: 'assistant', parts: [part] })
}

function readReasoning(reader: Reader, item: Json): void {
  const text = reasoningText(item)
  const encrypted = asString(item['encrypted_content'])
  if (encrypted === undefined || encrypted === '') return addToAssistant(reader, { kind: 'reasoning', text })
  const ours = unpackOpaque(encrypted)
  if (ours !== undefined && isCarrier(ours)) return carry(reader, ours)
  const own: Opaque = compact({ vendor: 'openai', kind: 'encrypted', data: encrypted, itemId: asString(item['id']) })
  addToAssistant(reader, { kind: 'reasoning', text, opaque: ours ?? [own] })
}

/** Whether the item only carried what belongs to calls or texts: `itemId` is the call's or the message's then. */
function isCarrier(opaque: readonly Opaque[]): boolean {
  return opaque.length > 0 && opaque.every(({ kind, itemId }) => kind !== 'encrypted' && itemId !== undefined)
}

function carry(reader: Reader, opaque: readonly Opaque[]): void {
  for (const { itemId = '', vendor, kind, data } of opaque)
    reader.carried.set(itemId, [...(reader.carried.get(itemId) ?? []), { vendor, kind, data }])
}

/** The summaries, or the reasoning itself where a server shows it. */
export function reasoningText(item: Json): string {
  const textsOf = (field: string): string =>
    asArray(item[field])
      .map((part) => asString(asObject(part)['text']) ?? '')
      .filter((text) => text !== '')
      .join('\n\n')
  return textsOf('summary') || textsOf('content')
}

function readCall(reader: Reader, item: Json, param: string): void {
  const id = stringAt(item['call_id'], `${param}.call_id`)
  const name = declaredName(reader.tools, scopedNameIn(stringAt(item['name'], `${param}.name`), item['namespace']))
  reader.called.set(id, name)
  if (item['type'] === 'custom_tool_call') {
    const args = optionalString(item['input'], `${param}.input`) ?? ''
    return addToAssistant(reader, { kind: 'tool_call', id, name, args, custom: true })
  }
  const args = optionalString(item['arguments'], `${param}.arguments`) ?? ''
  addToAssistant(reader, { kind: 'tool_call', id, name, args: args.trim() === '' ? '{}' : args })
}

function readResult(reader: Reader, item: Json, param: string): void {
  const callId = stringAt(item['call_id'], `${param}.call_id`)
  // The client ran one of OpenAI's own tools: only OpenAI knows the call that this answers.
  if (reader.hosted.has(callId)) return readHosted(reader, 'function_call_output', item)
  const custom = item['type'] === 'custom_tool_call_output' ? true : undefined
  const part: Part = compact({
    kind: 'tool_result',
    callId,
    name: reader.called.get(callId),
    parts: readContent(item['output'], `${param}.output`),
    custom,
  })
  const last = reader.turns.at(-1)
  if (last?.role === 'tool') last.parts.push(part)
  else reader.turns.push({ role: 'tool', parts: [part] })
}
