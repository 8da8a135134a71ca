import type { Loss } from '#canonical/loss.ts'
import type { Message, Part, ServerToolPart } from '#canonical/request.ts'

/** A conversation that the target can read, and what had to be left out of it. */
export type ReadableMessages = { readonly messages: readonly Message[]; readonly losses: readonly Loss[] }

/**
 * The conversation without what only another vendor can read: its searches, its code runs, references to what it keeps. What
 * can be told in words is; all else is left out and named.
 * @param takes whether the target reads the part as it is
 */
export function readableMessages(messages: readonly Message[], takes: (part: ServerToolPart) => boolean): ReadableMessages {
  if (!messages.some(({ parts }) => parts.some(holdsServerTool))) return { messages, losses: [] }
  const losses: Loss[] = []
  const readable = messages.map((message, index) => {
    if (!message.parts.some(holdsServerTool)) return message
    return { ...message, parts: message.parts.flatMap((part) => readableParts(part, `messages[${index}]`, takes, losses)) }
  })
  return { messages: readable, losses }
}

function holdsServerTool(part: Part): boolean {
  return part.kind === 'server_tool' || (part.kind === 'tool_result' && part.parts.some(holdsServerTool))
}

function readableParts(part: Part, place: string, takes: (part: ServerToolPart) => boolean, losses: Loss[]): readonly Part[] {
  if (part.kind === 'tool_result')
    return [{ ...part, parts: part.parts.flatMap((inner) => readableParts(inner, place, takes, losses)) }]
  if (part.kind !== 'server_tool' || takes(part)) return [part]
  if (part.text !== undefined) return [{ kind: 'text', text: part.text }]
  const severity = part.essential === true ? 'refuse' : 'drop'
  losses.push({ field: `${place}.${part.type}`, severity, reason: 'only its own vendor can read it' })
  return []
}
