import type { Json, Message } from '#canonical/request.ts'
import { asString } from '#lib/json.ts'
import { cacheControl, type Writer, writeBlock } from './write-content.ts'

type Turn = { readonly role: 'user' | 'assistant' | 'system'; readonly content: Json[] }

/** What of a conversation goes where: the system text of its beginning has a place of its own. */
export type Turns = { readonly system: readonly Json[]; readonly messages: readonly Json[] }

/** The words that ask a model to go on where it cannot be made to. */
const goOn = 'Continue exactly where your last message stops. Repeat nothing of it.'

/** The turns of a conversation, neighbours of one role merged, so that roles alternate and bytes are stable. */
export function writeTurns(messages: readonly Message[], writer: Writer): Turns {
  const first = messages.findIndex((message) => !isSystem(message))
  const leading = first < 0 ? messages : messages.slice(0, first)
  const system = leading.flatMap(systemBlocks)
  const turns: Turn[] = []
  for (const message of first < 0 ? [] : messages.slice(first)) addMessage(turns, message, writer)
  // A conversation of system text only has no turn, which is refused: it becomes the user's.
  if (turns.length === 0) return { system: [], messages: system.length === 0 ? [] : [{ role: 'user', content: system }] }
  endWithUser(turns, writer)
  return { system, messages: turns.map(writeTurn) }
}

function isSystem({ role }: Message): boolean {
  return role === 'system' || role === 'developer'
}

function systemBlocks({ parts }: Message): readonly Json[] {
  return parts.flatMap((part) => {
    if (part.kind !== 'text' || part.text === '') return []
    const cache_control = cacheControl(part.cacheHint)
    return [{ type: 'text', text: part.text, ...(cache_control === undefined ? {} : { cache_control }) }]
  })
}

function addMessage(turns: Turn[], message: Message, writer: Writer): void {
  const last = turns.at(-1)
  const role = roleOf(message, last, writer)
  const asText = isSystem(message) && role === 'user'
  const blocks = asText ? systemBlocks(message).map(wrapSystem) : message.parts.flatMap((part) => writeBlock(part, writer))
  // A turn whose parts were all left out is none.
  if (blocks.length === 0) return
  const open = message.role === 'tool' && last?.role === 'system' ? turns.at(-2) : last
  // The results of one turn stand in one message, also when system text came between them.
  if (open?.role === role) open.content.push(...blocks)
  else turns.push({ role, content: [...blocks] })
}

/** Later system text must follow a user's turn, and only new models take it. */
function roleOf(message: Message, last: Turn | undefined, { target }: Writer): Turn['role'] {
  if (message.role === 'assistant') return 'assistant'
  const inline = isSystem(message) && target.traits.lateSystem && (last?.role === 'user' || last?.role === 'system')
  return inline ? 'system' : 'user'
}

/** Moving the text to the beginning would break caches and signed thoughts, so it stays where it is, labelled. */
function wrapSystem(block: Json): Json {
  return { ...block, text: `<system>\n${asString(block['text']) ?? ''}\n</system>` }
}

/** A last turn of the assistant is continued by old models, if it does not end in white space; new ones refuse it. */
function endWithUser(turns: Turn[], { target, losses }: Writer): void {
  const last = turns.at(-1)
  const block = last?.content.at(-1)
  if (last?.role !== 'assistant' || block?.['type'] !== 'text') return
  if (!target.traits.prefill) {
    losses.push({
      field: 'messages',
      severity: 'drop',
      reason: 'the model continues no message of its own: it is asked to in words',
    })
    turns.push({ role: 'user', content: [{ type: 'text', text: goOn }] })
    return
  }
  const text = (asString(block['text']) ?? '').trimEnd()
  last.content.pop()
  if (text !== '') last.content.push({ ...block, text })
  if (last.content.length === 0) turns.pop()
}

/** A user's results stand first in the message: text before them is refused. A model's calls stand last: it writes them so. */
function writeTurn({ role, content }: Turn): Json {
  if (role === 'user') return { role, content: inFront(content, (block) => block['type'] === 'tool_result') }
  const firstCall = content.findIndex(isCall)
  const loose = content.slice(firstCall).every((block) => isCall(block) || block['type'] === 'text')
  return { role, content: firstCall < 0 || !loose ? content : inFront(content, (block) => !isCall(block)) }
}

function isCall(block: Json): boolean {
  return block['type'] === 'tool_use'
}

function inFront(content: readonly Json[], goesFirst: (block: Json) => boolean): readonly Json[] {
  return [...content.filter(goesFirst), ...content.filter((block) => !goesFirst(block))]
}
