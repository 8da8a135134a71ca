import type { Loss } from '#canonical/loss.ts'
import type { Json, Message, Opaque, Part, ReasoningPart, Request, ToolCallPart, ToolResultPart } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'
import { textOfPart } from '../documents.ts'
import { readableMessages } from '../foreign-parts.ts'
import { shortHash } from '../media.ts'
import { takesFieldsOf } from '../quirks.ts'
import type { ToolNames } from '../tool-names.ts'
import { type ContentWriter, writeContent, writeParts } from './write-content.ts'
import { takesCustomTools } from './write-tools.ts'

type Writer = ContentWriter & { readonly names: ToolNames }

export type WrittenInput = { readonly instructions?: string; readonly input: readonly Json[]; readonly losses: readonly Loss[] }

/** Canonical messages as items. A first system text goes to `instructions`, from where most came. */
export function writeInput(request: Request, target: EncodeTarget, names: ToolNames): WrittenInput {
  const writer: Writer = { target, names, losses: [] }
  const readable = readableMessages(request.messages, ({ vendor }) => vendor === target.quirks.vendor)
  writer.losses.push(...readable.losses)
  const [first] = readable.messages
  // JSON mode wants the word within the input, where a system text about JSON has it.
  const hoisted = first?.role === 'system' && request.output.format !== 'json'
  const instructions = hoisted ? plainText(first.parts) : undefined
  const items: Json[] = []
  let attached: readonly Part[] = []
  for (const message of instructions === undefined ? readable.messages : readable.messages.slice(1)) {
    if (message.role === 'tool') {
      attached = [...attached, ...writeResults(message, writer, items)]
      continue
    }
    attach(attached, writer, items)
    attached = []
    items.push(...writeMessage(message, writer))
  }
  attach(attached, writer, items)
  return compact({ instructions, input: items, losses: writer.losses })
}

function plainText(parts: readonly Part[]): string | undefined {
  const texts = parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []))
  return texts.length === parts.length && texts.length > 0 ? texts.join('\n\n') : undefined
}

function writeMessage(message: Message, writer: Writer): readonly Json[] {
  switch (message.role) {
    case 'system':
    case 'developer': {
      const role = writer.target.quirks.chat?.systemRole === 'developer' ? message.role : 'system'
      return message.parts.length === 0 ? [] : [{ type: 'message', role, content: writeContent(message.parts, writer) }]
    }
    case 'assistant':
      return writeAssistant(message, writer)
    default:
      return [{ type: 'message', role: 'user', content: writeContent(message.parts, writer) }]
  }
}

/** What cannot stand in a result, in a message after all results of the turn. */
function attach(parts: readonly Part[], writer: Writer, items: Json[]): void {
  const content = writeParts(parts, writer)
  if (content.length > 0)
    items.push({
      type: 'message',
      role: 'user',
      content: [{ type: 'input_text', text: 'Attachments of the tool results above:' }, ...content],
    })
}

function writeResults(message: Message, writer: Writer, items: Json[]): readonly Part[] {
  const rest: Part[] = []
  for (const part of message.parts) {
    if (part.kind !== 'tool_result') {
      rest.push(part)
      continue
    }
    const type = part.custom === true && takesCustomTools(writer.target) ? 'custom_tool_call_output' : 'function_call_output'
    const others = part.parts.filter((inner) => textOfPart(inner) === undefined)
    const inside = others.length > 0 && takesRichResults(writer.target)
    if (!inside) rest.push(...others)
    items.push({
      type,
      call_id: callId(part.callId),
      output: inside ? writeRichResult(part, writer) : resultText(part, others.length),
    })
  }
  return rest
}

/** OpenAI's models take images and files in results here, unlike in Chat Completions. */
function takesRichResults({ traits, quirks }: EncodeTarget): boolean {
  return traits.imagesInToolResults || takesFieldsOf(quirks, 'openai')
}

function writeRichResult(result: ToolResultPart, writer: Writer): readonly Json[] {
  const content = writeParts(result.parts, writer)
  return result.isError === true ? [{ type: 'input_text', text: 'Error:' }, ...content] : content
}

function resultText(result: ToolResultPart, others: number): string {
  const texts = result.parts.flatMap((part) => textOfPart(part) ?? [])
  if (others > 0) texts.push(`(${others} attachment${others === 1 ? '' : 's'} below)`)
  return (result.isError === true ? 'Error: ' : '') + texts.join('\n')
}

function writeAssistant(message: Message, writer: Writer): readonly Json[] {
  const items: Json[] = []
  let content: Json[] | undefined
  for (const part of inOrder(message.parts, writer.target)) {
    if (part.kind === 'text' || part.kind === 'refusal') {
      if (content === undefined) {
        content = []
        items.push(compact({ type: 'message', role: 'assistant', content, phase: phaseOf(message, writer.target) }))
      }
      content.push(writeOutputText(part))
      continue
    }
    const written = writeAssistantItem(part, writer)
    if (written.length > 0) content = undefined
    items.push(...written)
  }
  // Reasoning that nothing follows is refused.
  while (items.at(-1)?.['type'] === 'reasoning') items.pop()
  return items
}

function writeOutputText(part: Extract<Part, { kind: 'text' | 'refusal' }>): Json {
  return part.kind === 'text'
    ? { type: 'output_text', text: part.text, annotations: [] }
    : { type: 'refusal', refusal: part.text }
}

/** Where items are bound to the reasoning before them their order stays; elsewhere a text between calls is refused (DeepSeek). */
function inOrder(given: readonly Part[], { quirks }: EncodeTarget): readonly Part[] {
  const parts = given.filter((part) => part.kind !== 'text' || part.text !== '')
  if (quirks.responses?.encryptedReasoning === true) return parts
  return [...parts.filter((part) => part.kind !== 'tool_call'), ...parts.filter((part) => part.kind === 'tool_call')]
}

function phaseOf({ phase }: Message, { quirks }: EncodeTarget): string | undefined {
  return takesFieldsOf(quirks, 'openai') ? phase : undefined
}

function writeAssistantItem(part: Part, writer: Writer): readonly Json[] {
  const { vendor } = writer.target.quirks
  switch (part.kind) {
    case 'reasoning':
      return (part.opaque ?? [])
        .filter((opaque) => opaque.vendor === vendor && opaque.kind === 'encrypted')
        .map((opaque) => writeReasoning(part, opaque))
    case 'tool_call':
      return [writeCall(part, writer)]
    case 'server_tool':
      return [part.raw]
    case 'image':
    case 'file':
    case 'audio':
      writer.losses.push({ field: `messages.${part.kind}`, severity: 'drop', reason: 'a message of the model holds text only' })
      return []
    default:
      return []
  }
}

function writeReasoning({ text }: ReasoningPart, { data, itemId }: Opaque): Json {
  return compact({
    type: 'reasoning',
    id: itemId,
    summary: text === '' ? [] : [{ type: 'summary_text', text }],
    encrypted_content: data,
  })
}

function writeCall(call: ToolCallPart, { target, names }: Writer): Json {
  const name = names.toProvider(call.name)
  const id = callId(call.id)
  if (call.custom === true && takesCustomTools(target)) return { type: 'custom_tool_call', call_id: id, name, input: call.args }
  return {
    type: 'function_call',
    call_id: id,
    name,
    arguments: call.custom === true ? JSON.stringify({ input: call.args }) : call.args,
  }
}

/** OpenAI takes 64 characters; ids of other vendors may be longer. */
function callId(id: string): string {
  return id.length <= 64 ? id : `call_${shortHash(id, 24)}`
}
