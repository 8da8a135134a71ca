import type { Json, Message, Part, ToolCallPart } from '#canonical/request.ts'
import { asString, compact, isObject } from '#lib/json.ts'
import { shortHash } from '../media.ts'
import { BadField, objectAt, optionalArray, optionalString, stringAt } from '../read.ts'
import { argsText, readContent } from './content.ts'
import { googleSignature, readMessageReasoning } from './reasoning-details.ts'

/** What earlier messages said about the calls that later ones answer. */
type Calls = {
  /** Names of called functions, by the call's id. */
  readonly names: Map<string, string>
  /** Ids given to legacy calls, which have none, by the function's name. */
  readonly legacyIds: Map<string, string>
}

/** The messages of a request, in their order. Names of called functions are looked up for their results. */
export function readMessages(messages: readonly unknown[]): readonly Message[] {
  const calls: Calls = { names: new Map(), legacyIds: new Map() }
  return messages.map((entry, index) => {
    const param = `messages[${index}]`
    const message = readMessage(objectAt(entry, param), param, calls)
    for (const part of message.parts) if (part.kind === 'tool_call') calls.names.set(part.id, part.name)
    return message
  })
}

function readMessage(message: Json, param: string, calls: Calls): Message {
  const role = stringAt(message['role'], `${param}.role`)
  const name = optionalString(message['name'], `${param}.name`)
  switch (role) {
    case 'system':
    case 'developer':
    case 'user':
      if (typeof message['content'] !== 'string' && !Array.isArray(message['content'])) {
        throw new BadField(`${param}.content`, 'must be a string or an array')
      }
      return named(name, { role, parts: readContent(message['content'], `${param}.content`) })
    case 'assistant':
      return named(name, { role, parts: readAssistant(message, param, calls) })
    case 'tool':
      return readResult(message, stringAt(message['tool_call_id'], `${param}.tool_call_id`), param, calls)
    case 'function': {
      const called = stringAt(message['name'], `${param}.name`)
      return readResult(message, calls.legacyIds.get(called) ?? called, param, calls)
    }
    default:
      throw new BadField(`${param}.role`, 'must be system, developer, user, assistant or tool')
  }
}

function named(name: string | undefined, message: Message): Message {
  return name === undefined ? message : { ...message, name }
}

function readResult(message: Json, callId: string, param: string, calls: Calls): Message {
  const name = asString(message['name']) ?? calls.names.get(callId)
  const parts = readContent(message['content'], `${param}.content`)
  return { role: 'tool', parts: [compact({ kind: 'tool_result', callId, name, parts })] }
}

function readAssistant(message: Json, param: string, calls: Calls): readonly Part[] {
  const { parts: reasoning, textOpaque } = readMessageReasoning(message)
  const content = readContent(message['content'], `${param}.content`)
  const parts: Part[] = [...reasoning, ...withOpaque(content, textOpaque)]
  const refusal = optionalString(message['refusal'], `${param}.refusal`)
  if (refusal !== undefined && refusal !== '') parts.push({ kind: 'refusal', text: refusal })
  const audio = message['audio']
  if (isObject(audio)) {
    const id = stringAt(audio['id'], `${param}.audio.id`)
    parts.push({ kind: 'audio', source: { kind: 'file', id, vendor: 'openai' } })
  }
  for (const [index, call] of (optionalArray(message['tool_calls'], `${param}.tool_calls`) ?? []).entries()) {
    parts.push(readToolCall(objectAt(call, `${param}.tool_calls[${index}]`), `${param}.tool_calls[${index}]`))
  }
  if (isObject(message['function_call'])) parts.push(readLegacyCall(message['function_call'], param, calls))
  return parts
}

/** Signatures of the text go to its last part: providers put them at the end. */
function withOpaque(parts: readonly Part[], opaque: NonNullable<Part['opaque']>): readonly Part[] {
  const last = parts.at(-1)
  if (opaque.length === 0 || last?.kind !== 'text') return parts
  return [...parts.slice(0, -1), { ...last, opaque }]
}

function readToolCall(call: Json, param: string): ToolCallPart {
  const id = stringAt(call['id'], `${param}.id`)
  if (call['type'] === 'custom') {
    const custom = objectAt(call['custom'], `${param}.custom`)
    const args = optionalString(custom['input'], `${param}.custom.input`) ?? ''
    return { kind: 'tool_call', id, name: stringAt(custom['name'], `${param}.custom.name`), args, custom: true }
  }
  const fn = objectAt(call['function'], `${param}.function`)
  const name = stringAt(fn['name'], `${param}.function.name`)
  return compact({ kind: 'tool_call', id, name, args: argsText(fn['arguments']), opaque: googleSignature(call) })
}

/** A call of the form before tools has no id: it gets one that is the same in every turn and unlike that of a later call. */
function readLegacyCall(call: Json, param: string, calls: Calls): ToolCallPart {
  const name = stringAt(call['name'], `${param}.function_call.name`)
  const id = `call_${shortHash(`${param}.${name}`, 24)}`
  calls.legacyIds.set(name, id)
  return { kind: 'tool_call', id, name, args: argsText(call['arguments']) }
}
