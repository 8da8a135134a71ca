import type { Loss } from '#canonical/loss.ts'
import type { Json, Message, Part, Request, ToolResultPart } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'
import { dataUrl, mimeOfName, shortHash, sniffMime } from '../media.ts'
import type { ToolNames } from '../tool-names.ts'
import { writeDetail } from './content.ts'
import { takesCustomTools } from './tools.ts'

type Writer = { readonly target: EncodeTarget; readonly names: ToolNames; readonly losses: Loss[] }

/** Canonical messages as the provider takes them. */
export function writeMessages(request: Request, target: EncodeTarget, names: ToolNames): { readonly messages: readonly Json[]; readonly losses: readonly Loss[] } {
  const writer: Writer = { target, names, losses: [] }
  const messages: Json[] = []
  let media: Part[] = []
  for (const [index, message] of request.messages.entries()) {
    if (message.role === 'tool') {
      media.push(...writeToolTurn(message, writer, messages))
      continue
    }
    flushMedia(media, writer, messages)
    media = []
    if (message.role === 'user' && target.quirks.chat?.noUserAfterTool === true && messages.at(-1)?.['role'] === 'tool') {
      messages.push({ role: 'assistant', content: 'OK.' })
    }
    const written = writeMessage(message, writer, index === request.messages.length - 1)
    if (written !== undefined) messages.push(written)
  }
  flushMedia(media, writer, messages)
  return { messages, losses: writer.losses }
}

/** Results are text here; what else they hold follows in a user message, after all results of the turn. */
function writeToolTurn(message: Message, writer: Writer, messages: Json[]): readonly Part[] {
  const media: Part[] = []
  for (const part of message.parts) {
    if (part.kind === 'tool_result') {
      messages.push({ role: 'tool', tool_call_id: toolId(part.callId, writer.target), content: resultText(part) })
      media.push(...part.parts.filter((inner) => inner.kind === 'image' || inner.kind === 'file'))
    } else media.push(part)
  }
  return media
}

function flushMedia(media: readonly Part[], writer: Writer, messages: Json[]): void {
  if (media.length === 0) return
  const content = media.flatMap((part) => writePart(part, writer))
  if (content.length > 0) messages.push({ role: 'user', content: [{ type: 'text', text: 'Attachments of the tool results above:' }, ...content] })
}

function resultText(result: ToolResultPart): string {
  const texts = result.parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []))
  const others = result.parts.length - texts.length
  if (others > 0) texts.push(`(${others} attachment${others === 1 ? '' : 's'} below)`)
  return (result.isError === true ? 'Error: ' : '') + texts.join('\n')
}

function writeMessage(message: Message, writer: Writer, last: boolean): Json | undefined {
  const { chat } = writer.target.quirks
  switch (message.role) {
    case 'system':
    case 'developer': {
      const role = chat?.systemRole === 'developer' && message.role === 'developer' ? 'developer' : 'system'
      return compact({ role, name: message.name, content: writeContent(message.parts, writer) })
    }
    case 'assistant':
      return writeAssistant(message, writer, last)
    default:
      return compact({ role: 'user', name: message.name, content: writeContent(message.parts, writer) })
  }
}

function writeContent(parts: readonly Part[], writer: Writer): unknown {
  const content = parts.flatMap((part) => writePart(part, writer))
  const plain = content.every((part) => part['type'] === 'text' && !('cache_control' in part))
  // One text is written as a string: every server takes that.
  return plain && content.length <= 1 ? (content[0]?.['text'] ?? '') : content
}

function writePart(part: Part, writer: Writer): readonly Json[] {
  switch (part.kind) {
    case 'text': {
      const control = writer.target.quirks.chat?.cacheControl === true && part.cacheHint !== undefined ? { type: 'ephemeral', ...part.cacheHint } : undefined
      return part.text === '' ? [] : [compact({ type: 'text', text: part.text, cache_control: control })]
    }
    case 'refusal':
      return [{ type: 'text', text: part.text }]
    case 'image':
      return writeImage(part, writer)
    case 'audio':
      return part.source.kind === 'base64'
        ? [{ type: 'input_audio', input_audio: { data: part.source.data, format: part.mime?.includes('mpeg') === true || part.mime?.includes('mp3') === true ? 'mp3' : 'wav' } }]
        : lost(writer, 'audio', 'audio is taken as data only')
    case 'file':
      return writeFile(part, writer)
    case 'server_tool':
      return []
    default:
      return []
  }
}

function writeImage(part: Extract<Part, { kind: 'image' }>, writer: Writer): readonly Json[] {
  if (writer.target.quirks.chat?.images === false) return lost(writer, 'image', 'the provider takes no images')
  const { source } = part
  const detail = part.detail
  if (source.kind === 'url') return [{ type: 'image_url', image_url: compact({ url: source.url, detail }) }]
  if (source.kind !== 'base64') return lost(writer, 'image', 'it lies at another vendor')
  const mime = sniffMime(source.data) ?? part.mime ?? 'image/png'
  return [{ type: 'image_url', image_url: compact({ url: dataUrl(mime, source.data), detail }) }]
}

function writeFile(part: Extract<Part, { kind: 'file' }>, writer: Writer): readonly Json[] {
  const { source } = part
  switch (source.kind) {
    case 'text':
      return [{ type: 'text', text: `${part.name ?? part.title ?? 'Document'}:\n${source.text}` }]
    case 'file':
      return source.vendor === writer.target.quirks.vendor ? [{ type: 'file', file: { file_id: source.id } }] : lost(writer, 'file', 'it lies at another vendor')
    case 'url':
      return lost(writer, 'file', 'files are taken as data only')
    case 'base64': {
      const mime = part.mime ?? sniffMime(source.data) ?? mimeOfName(part.name ?? '') ?? 'application/octet-stream'
      if (mime.startsWith('text/')) return [{ type: 'text', text: `${part.name ?? 'Document'}:\n${Buffer.from(source.data, 'base64').toString('utf8')}` }]
      return [{ type: 'file', file: { filename: part.name ?? `document.${mime.split('/')[1] ?? 'bin'}`, file_data: dataUrl(mime, source.data) } }]
    }
  }
}

function lost(writer: Writer, field: string, reason: string): readonly Json[] {
  writer.losses.push({ field, severity: 'refuse', reason })
  return []
}

function writeAssistant(message: Message, writer: Writer, last: boolean): Json | undefined {
  const { chat } = writer.target.quirks
  const text = message.parts.flatMap((part) => (part.kind === 'text' || part.kind === 'refusal' ? [part.text] : [])).join('')
  const calls = message.parts.flatMap((part) => (part.kind === 'tool_call' ? [writeCall(part, writer)] : []))
  const reasoning = message.parts.flatMap((part) => (part.kind === 'reasoning' ? [part] : []))
  if (text === '' && calls.length === 0) return undefined
  const thought = reasoning.map((part) => part.text).join('\n\n')
  const own = reasoning.flatMap((part) => part.opaque ?? []).filter((opaque) => opaque.vendor === writer.target.quirks.vendor)
  const back = chat?.reasoningBack
  const content = back === 'content_thinking' && thought !== '' ? [{ type: 'thinking', thinking: [{ type: 'text', text: thought }] }, { type: 'text', text }] : text
  return compact({
    role: 'assistant',
    content: text === '' && calls.length > 0 && back !== 'content_thinking' ? null : content,
    reasoning_content: back === 'reasoning_content' && thought !== '' ? thought : undefined,
    reasoning: back === 'reasoning' && thought !== '' ? thought : undefined,
    reasoning_details: back === 'reasoning_details' && own.length > 0 ? own.map(writeDetail) : undefined,
    tool_calls: calls.length > 0 ? calls : undefined,
    prefix: last && chat?.prefill === 'prefix' && calls.length === 0 ? true : undefined,
    partial: last && chat?.prefill === 'partial' && calls.length === 0 ? true : undefined,
  })
}

function writeCall(call: Extract<Part, { kind: 'tool_call' }>, { target, names }: Writer): Json {
  const id = toolId(call.id, target)
  const name = names.toProvider(call.name)
  if (call.custom === true && takesCustomTools(target)) return { id, type: 'custom', custom: { name, input: call.args } }
  const args = call.custom === true ? JSON.stringify({ input: call.args }) : call.args
  return { id, type: 'function', function: { name, arguments: args } }
}

/** Mistral takes nine letters and digits and nothing else. */
function toolId(id: string, { quirks }: EncodeTarget): string {
  return quirks.chat?.shortToolIds === true && !/^[a-zA-Z0-9]{9}$/.test(id) ? shortHash(id, 9) : id
}
