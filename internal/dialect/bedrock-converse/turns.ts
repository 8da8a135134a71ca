import type { Json, Message } from '#canonical/request.ts'
import { asObject, asString } from '#lib/json.ts'
import { cachePoint, isPoint } from './cache-points.ts'
import { type Writer, writePart } from './write-content.ts'

type Turn = { readonly role: 'user' | 'assistant'; readonly content: Json[] }

/** What of a conversation goes where: the system text of its beginning has a place of its own. */
export type Turns = { readonly system: readonly Json[]; readonly messages: readonly Json[] }

/** The words that ask a model to go on where it cannot be made to. */
const goOn = 'Continue exactly where your last message stops. Repeat nothing of it.'

/** The turns of a conversation, neighbours of one role merged: roles must alternate, and a user begins. */
export function writeTurns(messages: readonly Message[], writer: Writer): Turns {
  const first = messages.findIndex((message) => !isSystem(message))
  const system = (first < 0 ? messages : messages.slice(0, first)).flatMap((message) => systemBlocks(message, writer))
  const turns: Turn[] = []
  for (const message of first < 0 ? [] : messages.slice(first)) addMessage(turns, message, writer)
  // A conversation of system text only has no turn, which is refused: it becomes the user's.
  if (turns.length === 0) {
    const content = system.filter((block) => !isPoint(block))
    return { system: [], messages: content.length === 0 ? [] : [{ role: 'user', content }] }
  }
  if (turns[0]?.role === 'assistant') turns.unshift({ role: 'user', content: [{ text: '.' }] })
  endWithUser(turns, writer)
  return { system, messages: turns.map(writeTurn) }
}

function isSystem({ role }: Message): boolean {
  return role === 'system' || role === 'developer'
}

function systemBlocks({ parts }: Message, { target, losses }: Writer): readonly Json[] {
  return parts.flatMap((part) => {
    if (part.kind !== 'text') {
      losses.push({ field: `messages.${part.kind}`, severity: 'refuse', reason: 'a system instruction is text only' })
      return []
    }
    return part.text.trim() === '' ? [] : [{ text: part.text }, ...cachePoint(part.cacheHint, 'system', target)]
  })
}

function addMessage(turns: Turn[], message: Message, writer: Writer): void {
  const role = message.role === 'assistant' ? 'assistant' : 'user'
  const blocks = isSystem(message) ? lateSystem(message, writer) : message.parts.flatMap((part) => writePart(part, writer))
  // A turn whose parts were all left out is none.
  if (blocks.length === 0) return
  const last = turns.at(-1)
  if (last?.role === role) last.content.push(...blocks)
  else turns.push({ role, content: [...blocks] })
}

/** Later system text has no place of its own. Moving it to the beginning would break caches, so it stays where it is, labelled. */
function lateSystem(message: Message, writer: Writer): readonly Json[] {
  return systemBlocks(message, writer)
    .filter((block) => !isPoint(block))
    .map((block) => ({ text: `<system>\n${asString(block['text']) ?? ''}\n</system>` }))
}

/** A last turn of the assistant is continued by old models, if it does not end in white space; new ones refuse it. */
function endWithUser(turns: Turn[], { target, losses }: Writer): void {
  const last = turns.at(-1)
  const block = last?.content.findLast((each) => !isPoint(each))
  const text = asString(block?.['text'])
  if (last?.role !== 'assistant' || text === undefined) return
  if (target.traits.prefill) {
    last.content.splice(last.content.indexOf(asObject(block)), last.content.length, { text: text.trimEnd() })
    return
  }
  losses.push({
    field: 'messages',
    severity: 'drop',
    reason: 'the model continues no message of its own: it is asked to in words',
  })
  turns.push({ role: 'user', content: [{ text: goOn }] })
}

/** A user's results stand first; a document never stands alone. A model's calls stand last. */
function writeTurn({ role, content }: Turn): Json {
  if (role === 'user') return { role, content: withWords(inFront(content, (block) => 'toolResult' in block)) }
  const firstCall = content.findIndex((block) => 'toolUse' in block)
  // Thoughts between calls stay where they were signed.
  const loose = !content.slice(firstCall).some((block) => 'reasoningContent' in block)
  return { role, content: firstCall < 0 || !loose ? content : inFront(content, (block) => !('toolUse' in block)) }
}

/** Keeps each cache point behind its block. */
function inFront(content: readonly Json[], goesFirst: (block: Json) => boolean): readonly Json[] {
  const front: Json[] = []
  const behind: Json[] = []
  let place = front
  for (const block of content) {
    if (!isPoint(block)) place = goesFirst(block) ? front : behind
    place.push(block)
  }
  return [...front, ...behind]
}

function withWords(content: readonly Json[]): readonly Json[] {
  const alone = content.some((block) => 'document' in block) && !content.some((block) => 'text' in block)
  return alone ? [{ text: 'See the document.' }, ...content] : content
}
