import type { Attributes } from '@opentelemetry/api'
import type { AnswerPart } from '#canonical/answer.ts'
import type { AnswerView } from '#canonical/answer-view.ts'
import type { Message, Part, ProviderDialectName, Request, Role, Source } from '#canonical/request.ts'
import { parseJson } from '#lib/json.ts'
import { genAi } from './gen-ai.ts'

/** A message or a part as the conventions write it: gen-ai-input-messages.json, gen-ai-output-messages.json. */
type Captured = { readonly [key: string]: unknown }
type CapturedMessage = { readonly role: string; readonly parts: readonly Captured[]; readonly finish_reason?: string }

/** Characters of one attribute's JSON at most, about: the newest messages are kept, with the beginnings of long texts. */
export const longestCapture = 32_768
const longestText = 8192

/** The prompt of a request, as attributes of the attempt that sends it to a provider of this dialect. */
export function promptAttributes({ messages, tools }: Request, dialect: ProviderDialectName): Attributes {
  const apart = systemApart.has(dialect) ? messages.filter(({ role }) => isSystem(role)) : []
  const history = apart.length === 0 ? messages : messages.filter(({ role }) => !isSystem(role))
  return {
    [genAi.inputMessages]: JSON.stringify(newest(history.map(captureMessage))),
    ...(apart.length === 0 ? {} : { [genAi.systemInstructions]: JSON.stringify(fitting(apart.flatMap(partsOf))) }),
    ...(tools.length === 0 ? {} : { [genAi.toolDefinitions]: JSON.stringify(tools.map(captureTool)) }),
  }
}

/** An answer, one message for each candidate. */
export function answerAttributes({ parts, finishes }: AnswerView): Attributes {
  const messages = parts().map((captured, index) => ({
    role: 'assistant',
    parts: fitting(captured.map(captureAnswerPart)),
    finish_reason: finishWords[finishes[index]?.reason ?? ''] ?? finishes[index]?.reason ?? 'error',
  }))
  return { [genAi.outputMessages]: JSON.stringify(newest(messages)) }
}

/** Where the conventions' word is not ours. */
const finishWords: Readonly<Record<string, string>> = { tool_calls: 'tool_call', stop_sequence: 'stop', context_window: 'length' }

/** Dialects in which the system's words stand apart from the conversation. */
const systemApart: ReadonlySet<ProviderDialectName> = new Set(['anthropic', 'bedrock-converse', 'gemini', 'openai-responses'])

function isSystem(role: Role): boolean {
  return role === 'system' || role === 'developer'
}

function captureMessage(message: Message): CapturedMessage {
  const role = message.role === 'developer' ? 'system' : message.role
  return { role, parts: fitting(partsOf(message)) }
}

function partsOf({ parts }: Message): readonly Captured[] {
  return parts.map(capturePart)
}

function captureAnswerPart(part: AnswerPart): Captured {
  if ('data' in part) return leftOut(part.kind, part.mime, part.data.length)
  return capturePart(part)
}

function capturePart(part: Part): Captured {
  switch (part.kind) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      return { type: part.kind, content: cut(part.text) }
    case 'tool_call':
      return { type: 'tool_call', id: part.id, name: part.name, arguments: args(part.args) }
    case 'tool_result':
      return { type: 'tool_call_response', id: part.callId, response: responseOf(part.parts) }
    case 'image':
    case 'audio':
      return captureSource(part.source, part.kind, part.mime)
    case 'file':
      return captureSource(part.source, 'document', part.mime)
    case 'server_tool':
      return { type: 'server_tool_call', name: part.type, server_tool_call: { type: part.type } }
  }
}

function captureSource(source: Source, modality: string, mime: string | undefined): Captured {
  const known = { modality, ...(mime === undefined ? {} : { mime_type: mime }) }
  switch (source.kind) {
    case 'url':
      return { type: 'uri', ...known, uri: cut(source.url) }
    case 'file':
      return { type: 'file', ...known, file_id: source.id }
    case 'text':
      return { type: 'text', content: cut(source.text) }
    case 'base64':
      return leftOut(modality, mime, source.data.length)
  }
}

/** Media are not captured, only that they were there. */
function leftOut(modality: string, mime: string | undefined, base64Length: number): Captured {
  const bytes = Math.floor((base64Length * 3) / 4)
  return { type: 'left_out', modality, ...(mime === undefined ? {} : { mime_type: mime }), bytes }
}

function responseOf(parts: readonly Part[]): unknown {
  const [first] = parts
  return parts.length === 1 && first?.kind === 'text' ? cut(first.text) : parts.map(capturePart)
}

/** Arguments are JSON, but for those of custom tools and of answers that were broken off. */
function args(text: string): unknown {
  if (text.length > longestText) return cut(text)
  const parsed = parseJson(text)
  return parsed.ok ? parsed.value : text
}

function captureTool(tool: Request['tools'][number]): Captured {
  return tool.kind === 'builtin' ? { type: tool.type, name: tool.type } : { type: tool.kind, name: tool.name }
}

function cut(text: string): string {
  return text.length <= longestText ? text : `${text.slice(0, longestText)}… (${text.length - longestText} characters more)`
}

/** The last messages that fit; the number of those before is told in their place. */
function newest(messages: readonly CapturedMessage[]): readonly CapturedMessage[] {
  let left = longestCapture
  let from = messages.length
  while (from > 0) {
    left -= JSON.stringify(messages[from - 1]).length
    if (left < 0 && from < messages.length) break
    from--
  }
  if (from === 0) return messages
  return [{ role: 'system', parts: [{ type: 'left_out', messages: from }] }, ...messages.slice(from)]
}

/** The first parts that fit; the number of those behind is told. */
function fitting(parts: readonly Captured[]): readonly Captured[] {
  let left = longestCapture
  const end = parts.findIndex((part) => {
    left -= JSON.stringify(part).length
    return left < 0
  })
  return end <= 0 ? parts : [...parts.slice(0, end), { type: 'left_out', parts: parts.length - end }]
}
