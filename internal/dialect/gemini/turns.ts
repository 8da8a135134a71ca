import type { Json, Message } from '#canonical/request.ts'
import { asObject, asString, isObject } from '#lib/json.ts'
import { type Writer, writePart } from './write-content.ts'

type Turn = { readonly role: 'user' | 'model'; readonly parts: Json[] }

/** What of a conversation goes where: the system text of its beginning has a place of its own. */
export type Turns = { readonly system: readonly Json[]; readonly contents: readonly Json[] }

/** The words that ask a model to go on where it cannot be made to. */
const goOn = 'Continue exactly where your last message stops. Repeat nothing of it.'
/** Gemini 3 wants a signature on the first call of a turn; this word says that there is none. Source: ai.google.dev, thought signatures. */
const noSignature = 'skip_thought_signature_validator'

/** The turns of a conversation, neighbours of one role merged, so that bytes are the same in every request. */
export function writeTurns(messages: readonly Message[], writer: Writer): Turns {
  const first = messages.findIndex((message) => !isSystem(message))
  const system = (first < 0 ? messages : messages.slice(0, first)).flatMap((message) => systemParts(message, writer))
  const turns: Turn[] = []
  for (const message of first < 0 ? [] : messages.slice(first)) addMessage(turns, message, writer)
  // A conversation of system text only has no turn, which is refused: it becomes the user's.
  if (turns.length === 0) return { system: [], contents: system.length === 0 ? [] : [{ role: 'user', parts: system }] }
  // A call must follow a user's turn.
  if (turns[0]?.role === 'model' && turns[0].parts.some(isCall)) turns.unshift({ role: 'user', parts: [{ text: '.' }] })
  endWithUser(turns, writer)
  return { system, contents: turns.map((turn, index) => finishTurn(turn, turns[index - 1], writer)) }
}

function isSystem({ role }: Message): boolean {
  return role === 'system' || role === 'developer'
}

function systemParts({ parts }: Message, { losses }: Writer): readonly Json[] {
  return parts.flatMap((part) => {
    if (part.kind === 'text') return part.text === '' ? [] : [{ text: part.text }]
    losses.push({ field: `messages.${part.kind}`, severity: 'refuse', reason: 'a system instruction is text only' })
    return []
  })
}

function addMessage(turns: Turn[], message: Message, writer: Writer): void {
  const role = message.role === 'assistant' ? 'model' : 'user'
  const parts = isSystem(message)
    ? systemParts(message, writer).map(wrapSystem)
    : message.parts.flatMap((part) => writePart(part, writer))
  // A turn whose parts were all left out is none.
  if (parts.length === 0) return
  const last = turns.at(-1)
  if (last?.role === role) last.parts.push(...parts)
  else turns.push({ role, parts: [...parts] })
}

/** Later system text has no place of its own. Moving it to the beginning would break caches, so it stays where it is, labelled. */
function wrapSystem(part: Json): Json {
  return { text: `<system>\n${asString(part['text']) ?? ''}\n</system>` }
}

/** New models refuse to continue a last turn of their own. */
function endWithUser(turns: Turn[], { target, losses }: Writer): void {
  const last = turns.at(-1)
  if (target.traits.prefill || last?.role !== 'model' || last.parts.some(isCall)) return
  losses.push({
    field: 'messages',
    severity: 'drop',
    reason: 'the model continues no message of its own: it is asked to in words',
  })
  turns.push({ role: 'user', parts: [{ text: goOn }] })
}

function finishTurn({ role, parts }: Turn, before: Turn | undefined, { target }: Writer): Json {
  const ordered = role === 'user' ? resultsFirst(parts, before) : parts
  const signed = role === 'model' && target.traits.reasoning.kind === 'level' ? withSentinel(ordered) : ordered
  return { role, parts: target.quirks.gemini?.noCallIds === true ? signed.map(withoutId) : signed }
}

/** The call or result without its id, which not every place that runs Gemini knows. */
export function withoutId(part: Json): Json {
  for (const name of callNames) {
    const inner = part[name]
    if (!isObject(inner) || !('id' in inner)) continue
    const { id: _id, ...unnamed } = inner
    return { ...part, [name]: unnamed }
  }
  return part
}

/** In both spellings of clients. */
const callNames = ['functionCall', 'functionResponse', 'function_call', 'function_response'] as const

/** The results of a turn stand first, in the order of their calls: Gemini matches them by place and name. */
function resultsFirst(parts: readonly Json[], before: Turn | undefined): readonly Json[] {
  const results = parts.filter((part) => isObject(part['functionResponse']))
  if (results.length === 0) return parts
  const calls = (before?.parts ?? []).filter(isCall).map((part) => asObject(part['functionCall'])['id'])
  const placeOf = (part: Json): number => {
    const place = calls.indexOf(asObject(part['functionResponse'])['id'])
    return place < 0 ? calls.length : place
  }
  const ordered = [...results].sort((one, other) => placeOf(one) - placeOf(other))
  return [...ordered, ...parts.filter((part) => !isObject(part['functionResponse']))]
}

/**
 * The first call of each step must be signed. Google looks at the current turn only, but a sentinel that vanished with the
 * next question would change the prefix that caches hold.
 */
export function withSentinel(parts: readonly Json[]): readonly Json[] {
  const first = parts.findIndex(isCall)
  const call = parts[first]
  if (call === undefined || 'thoughtSignature' in call) return parts
  return parts.with(first, { ...call, thoughtSignature: noSignature })
}

/** Also in a client's own spelling. */
export function isCall(part: Json): boolean {
  return isObject(part['functionCall'] ?? part['function_call'])
}
