import type { Loss } from '#canonical/loss.ts'
import type { Json, Message, Part, ReasoningPart, Request, ToolCallPart, ToolResultPart } from '#canonical/request.ts'
import { compact, isObject } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'
import { textOfPart } from '../documents.ts'
import { readableMessages } from '../foreign-parts.ts'
import { shortHash } from '../media.ts'
import type { ToolNames } from '../tool-names.ts'
import { takesClientFields } from './hints.ts'
import { extraContent } from './reasoning-details.ts'
import { takesCustomTools } from './tools.ts'
import { lost, type Writer, writeContent, writePart } from './write-content.ts'

export type WrittenMessages = { readonly messages: readonly Json[]; readonly losses: readonly Loss[] }

/** Canonical messages as the provider takes them. */
export function writeMessages(request: Request, target: EncodeTarget, names: ToolNames): WrittenMessages {
  const readable = readableMessages(request.messages, () => false)
  const writer: Writer = { target, names, losses: [...readable.losses], keepsNames: takesClientFields(request, target), at: 0 }
  const messages: Json[] = []
  let media: Part[] = []
  const flush = (): void => {
    if (media.length > 0) pushUser(attachments(media, writer), writer, messages)
    media = []
  }
  for (const [index, message] of readable.messages.entries()) {
    writer.at = index
    if (message.role === 'tool') {
      media.push(...writeToolTurn(message, writer, messages))
      continue
    }
    flush()
    const written = writeMessage(message, writer, {
      first: messages.every(isSystem),
      last: index === request.messages.length - 1,
    })
    if (written?.['role'] === 'user') pushUser(written, writer, messages)
    else if (written !== undefined) messages.push(written)
  }
  flush()
  return { messages, losses: writer.losses }
}

/** Mistral, 400: "Unexpected role 'user' after role 'tool'". */
function pushUser(message: Json, { target }: Writer, messages: Json[]): void {
  if (target.quirks.chat?.noUserAfterTool === true && messages.at(-1)?.['role'] === 'tool') {
    messages.push({ role: 'assistant', content: 'OK.' })
  }
  messages.push(message)
}

/** Results are text here; what else they hold follows in a user message, after all results of the turn. */
function writeToolTurn(message: Message, writer: Writer, messages: Json[]): readonly Part[] {
  const media: Part[] = []
  for (const part of message.parts) {
    if (part.kind === 'tool_result') {
      messages.push({ role: 'tool', tool_call_id: toolId(part.callId, writer.target), content: resultText(part) })
      media.push(...part.parts.filter(isMedia))
    } else media.push(part)
  }
  return media
}

function isMedia(part: Part): boolean {
  return (part.kind === 'image' || part.kind === 'file' || part.kind === 'audio') && textOfPart(part) === undefined
}

function attachments(media: readonly Part[], writer: Writer): Json {
  const content = media.flatMap((part) => writePart(part, writer))
  return { role: 'user', content: [{ type: 'text', text: 'Attachments of the tool results above:' }, ...content] }
}

function resultText(result: ToolResultPart): string {
  const texts = result.parts.flatMap((part) => textOfPart(part) ?? [])
  const others = result.parts.filter(isMedia).length
  if (others > 0) texts.push(`(${others} attachment${others === 1 ? '' : 's'} in the next user message)`)
  return (result.isError === true ? 'Error: ' : '') + texts.join('\n')
}

function isSystem({ role }: Json): boolean {
  return role === 'system' || role === 'developer'
}

/** `first`: only system text stands before. */
type Place = { readonly first: boolean; readonly last: boolean }

function writeMessage(message: Message, writer: Writer, place: Place): Json | undefined {
  const { quirks, traits } = writer.target
  const name = nameOf(message, writer)
  switch (message.role) {
    case 'system':
    case 'developer': {
      const content = writeContent(message.parts, writer)
      if (!traits.lateSystem && !place.first) return { role: 'user', content: withLabel(content) }
      // Only OpenAI tells the two apart; a plain system message works there as well.
      const role = quirks.chat?.systemRole === 'developer' ? message.role : 'system'
      return compact({ role, name, content })
    }
    case 'assistant':
      return writeAssistant(message, writer, place.last)
    default:
      return compact({ role: 'user', name, content: writeContent(message.parts, writer) })
  }
}

/** System text that may not stand here keeps its place, so that what is before it stays the same. */
function withLabel(content: unknown): unknown {
  const label = 'Instruction of the system:'
  return typeof content === 'string'
    ? `${label}\n${content}`
    : [{ type: 'text', text: label }, ...(Array.isArray(content) ? content : [])]
}

function nameOf({ name }: Message, writer: Writer): string | undefined {
  if (name === undefined || writer.keepsNames) return name
  lost(writer, 'name', 'the provider does not know it', 'drop')
  return undefined
}

function writeAssistant(message: Message, writer: Writer, last: boolean): Json | undefined {
  const { target } = writer
  const { parts } = message
  const text = parts.map((part) => (part.kind === 'text' || part.kind === 'refusal' ? part.text : '')).join('')
  const calls = parts.flatMap((part) => (part.kind === 'tool_call' ? [writeCall(part, writer)] : []))
  const audio = parts.flatMap((part) => writeEarlierMedia(part, writer))[0]
  if (text === '' && calls.length === 0 && audio === undefined) return undefined
  const prefill = last && calls.length === 0 && target.traits.prefill ? target.quirks.chat?.prefill : undefined
  return compact({
    role: 'assistant',
    name: nameOf(message, writer),
    content: text === '' ? null : text,
    audio,
    ...writeReasoning(parts, text, target),
    tool_calls: calls.length > 0 ? calls : undefined,
    prefix: prefill === 'prefix' ? true : undefined,
    partial: prefill === 'partial' ? true : undefined,
  })
}

/** What an earlier answer had besides text: audio is referred to where it was made, nothing else has a place. */
function writeEarlierMedia(part: Part, writer: Writer): readonly Json[] {
  switch (part.kind) {
    case 'audio': {
      const { source } = part
      const own = source.kind === 'file' && source.vendor === writer.target.quirks.vendor
      return own ? [{ id: source.id }] : lost(writer, 'audio', 'it lies at another vendor')
    }
    case 'image':
    case 'file':
      return lost(writer, part.kind, 'an answer holds text only', 'drop')
    default:
      return []
  }
}

/** Reasoning of earlier turns, for the servers that want it back. */
function writeReasoning(parts: readonly Part[], text: string, { quirks }: EncodeTarget): Json {
  const reasoning = parts.filter((part): part is ReasoningPart => part.kind === 'reasoning')
  const thought = reasoning.map((part) => part.text).join('')
  switch (quirks.chat?.reasoningBack) {
    case 'reasoning_content':
      return thought === '' ? {} : { reasoning_content: thought }
    case 'reasoning':
      return thought === '' ? {} : { reasoning: thought }
    case 'reasoning_details': {
      const own = reasoning.flatMap((part) => part.opaque ?? []).filter(({ vendor }) => vendor === quirks.vendor)
      const details = own.map(({ data }) => data).filter(isObject)
      return details.length === 0 ? {} : { reasoning_details: details }
    }
    case 'content_thinking': {
      if (thought === '') return {}
      const thinking = { type: 'thinking', thinking: [{ type: 'text', text: thought }] }
      return { content: text === '' ? [thinking] : [thinking, { type: 'text', text }] }
    }
    case undefined:
      return {}
  }
}

function writeCall(call: ToolCallPart, { target, names }: Writer): Json {
  const id = toolId(call.id, target)
  const name = names.toProvider(call.name)
  if (call.custom === true && takesCustomTools(target)) return { id, type: 'custom', custom: { name, input: call.args } }
  const args = call.custom === true ? JSON.stringify({ input: call.args }) : call.args
  const extra = target.quirks.vendor === 'gemini' ? extraContent(call.opaque) : undefined
  return compact({ id, type: 'function', function: { name, arguments: args }, extra_content: extra })
}

/** Mistral takes nine letters and digits and nothing else. */
function toolId(id: string, { quirks }: EncodeTarget): string {
  return quirks.chat?.shortToolIds === true && !/^[a-zA-Z0-9]{9}$/.test(id) ? shortHash(id, 9) : id
}
