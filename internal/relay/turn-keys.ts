import { hash } from 'node:crypto'
import type { Message, Part, ToolCallPart } from '#canonical/request.ts'
import { parseJson } from '#lib/json.ts'

/** The names under which what belongs to a turn of the model is kept: the first is the surest. */
export type TurnKeys = readonly string[]

/**
 * The keys of each turn of the model in a conversation, by its place among the messages.
 *
 * A turn is known by the ids of its calls, and by what was said since the user last spoke and what it says itself: some
 * clients drop ids. Older messages and system texts do not count, since clients cut and rewrite them. `owner` keeps clients
 * apart whose keys differ.
 */
export function turnKeys(messages: readonly Message[], owner: string): ReadonlyMap<number, TurnKeys> {
  const keys = new Map<number, TurnKeys>()
  let asked = digest(owner)
  let since = asked
  for (const [index, message] of messages.entries()) {
    switch (message.role) {
      case 'system':
      case 'developer':
        break
      case 'user':
        // Several messages in a row are one question.
        asked = digest(`${messages[index - 1]?.role === 'user' ? asked : digest(owner)} ${contentOf(message.parts)}`)
        since = asked
        break
      case 'assistant': {
        const said = digest(`${since} ${contentOf(message.parts)}`)
        keys.set(index, [...callsOf(message).map(({ id }) => digest(`${asked} call ${id}`)), said])
        since = said
        break
      }
      case 'tool':
        since = digest(`${since} ${contentOf(message.parts)}`)
    }
  }
  return keys
}

/** The calls of a turn, in their order. */
export function callsOf({ parts }: Pick<Message, 'parts'>): readonly ToolCallPart[] {
  return parts.filter((part) => part.kind === 'tool_call')
}

function digest(text: string): string {
  return hash('sha1', text, 'base64url')
}

/** What every client sends back as it got it: neither reasoning, nor ids, nor the spelling of arguments. */
function contentOf(parts: readonly Part[]): string {
  let text = ''
  const rest: string[] = []
  for (const part of parts) {
    if (part.kind === 'text') text += part.text
    else rest.push(...tokenOf(part))
  }
  return JSON.stringify([text.trim(), rest])
}

function tokenOf(part: Part): readonly string[] {
  switch (part.kind) {
    case 'tool_call':
      return [part.kind, part.name, plainArgs(part)]
    case 'tool_result':
      return [part.kind, contentOf(part.parts)]
    case 'image':
    case 'file':
    case 'audio':
      return [part.kind]
    default:
      return []
  }
}

/** A client that holds arguments as an object prints them in its own way. */
function plainArgs({ args, custom }: ToolCallPart): string {
  if (custom === true) return args
  const parsed = parseJson(args)
  return parsed.ok ? JSON.stringify(parsed.value) : args
}
