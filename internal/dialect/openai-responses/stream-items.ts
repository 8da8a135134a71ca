import type { AnswerPart, Emit } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import { grown } from '#lib/grown.ts'
import { asArray, asNumber, asObject, asString } from '#lib/json.ts'
import type { DecodeContext } from '../dialect.ts'
import {
  argsText,
  calledName,
  callIdOf,
  decodeItem,
  isCustom,
  readCitation,
  reasoningOpaque,
  unwrapInput,
} from './decode-item.ts'
import { reasoningText } from './read-items.ts'

type Kind = 'message' | 'reasoning' | 'call' | 'hosted'

/** A part that was opened: what of it is out, so that the whole at the end only adds what is missing. */
type Slot = {
  readonly part: number
  readonly type: 'text' | 'reasoning' | 'refusal' | 'tool_call'
  sent: string
  citations: number
  open: boolean
}

type Item = {
  readonly kind: Kind
  readonly index: number | undefined
  readonly id: string | undefined
  readonly callId: string | undefined
  readonly phase: string | undefined
  /** By content index; reasoning and calls have one at 0. */
  readonly slots: Map<number, Slot>
  /** An emulated custom tool: its text can only be unwrapped as a whole. */
  readonly held: boolean
  /** Arguments that cannot go out yet. */
  pending: string
  summary: number | undefined
  done: boolean
}

/** The items of a streamed answer. */
export type ItemDecoder = {
  /** One event that belongs to an item. */
  readonly read: (type: string, event: Json) => void
  /** More text for the part that the last one was for. */
  readonly more: (text: string) => void
  /** The whole output at the end: what the events left out is made up for, what is open is closed. */
  readonly complete: (output: readonly unknown[]) => void
  readonly called: () => boolean
  readonly refused: () => boolean
  readonly hasContent: () => boolean
}

type State = {
  readonly emit: Emit
  readonly context: DecodeContext
  readonly items: Item[]
  /** Where the last text went. */
  last: Slot | undefined
  parts: number
  called: boolean
  refused: boolean
}

export function decodeItems(emit: Emit, context: DecodeContext): ItemDecoder {
  const state: State = { emit, context, items: [], last: undefined, parts: 0, called: false, refused: false }
  return {
    read: (type, event) => readEvent(state, type, event),
    more(text) {
      if (state.last !== undefined) add(state, state.last, text)
    },
    complete(output) {
      for (const [index, entry] of output.entries()) completeFrom(state, index, asObject(entry))
      for (const item of state.items) closeItem(state, item, undefined)
    },
    called: () => state.called,
    refused: () => state.refused,
    hasContent: () => state.parts > 0,
  }
}

function readEvent(state: State, type: string, event: Json): void {
  const text = asString(event['delta']) ?? ''
  switch (type) {
    case 'response.output_item.added':
      addItem(state, asObject(event['item']), asNumber(event['output_index']))
      return
    case 'response.output_item.done':
      return finishItem(state, itemOf(state, event, asObject(event['item'])), asObject(event['item']))
    case 'response.output_text.delta':
      return add(state, textSlot(state, event, 'text'), text, asArray(event['logprobs']))
    case 'response.refusal.delta':
      return add(state, textSlot(state, event, 'refusal'), text)
    case 'response.output_text.annotation.added':
      return cite(state, textSlot(state, event, 'text'), event['annotation'])
    case 'response.output_text.done':
      return fill(state, textSlot(state, event, 'text'), asString(event['text']) ?? '')
    case 'response.refusal.done':
      return fill(state, textSlot(state, event, 'refusal'), asString(event['refusal']) ?? '')
    case 'response.reasoning_summary_text.delta':
      return addReasoning(state, event, text, asNumber(event['summary_index']) ?? 0)
    case 'response.reasoning_text.delta':
    case 'response.reasoning.delta':
      return addReasoning(state, event, text, asNumber(event['content_index']) ?? 0)
    case 'response.function_call_arguments.delta':
    case 'response.custom_tool_call_input.delta':
      return addArgs(state, event, text)
    default:
  }
}

function kindOf(item: Json): Kind {
  switch (item['type']) {
    case 'message':
      return 'message'
    case 'reasoning':
      return 'reasoning'
    case 'function_call':
    case 'custom_tool_call':
      return 'call'
    default:
      return 'hosted'
  }
}

const kindOfEvent: readonly (readonly [string, Kind])[] = [
  ['response.reasoning', 'reasoning'],
  ['response.function_call', 'call'],
  ['response.custom_tool_call', 'call'],
]

/** The item that an event is about. Its place counts first: there are servers whose ids change from event to event. */
function itemOf(state: State, event: Json, item: Json): Item {
  const index = asNumber(event['output_index'])
  const id = asString(event['item_id']) ?? asString(item['id'])
  const kind =
    item['type'] === undefined
      ? (kindOfEvent.find(([start]) => asString(event['type'])?.startsWith(start))?.[1] ?? 'message')
      : kindOf(item)
  const known =
    index === undefined
      ? (state.items.find((entry) => id !== undefined && entry.id === id) ??
        state.items.findLast((entry) => id === undefined && entry.kind === kind && !entry.done))
      : state.items.findLast((entry) => entry.index === index)
  return known ?? addItem(state, item['type'] === undefined ? { ...item, id, type: kind } : item, index, kind)
}

function addItem(state: State, item: Json, index: number | undefined, kind: Kind = kindOf(item)): Item {
  const name = asString(item['name']) === undefined ? undefined : calledName(item, state.context)
  const callId = kind === 'call' && name !== undefined ? callIdOf(item) : undefined
  const held = name !== undefined && item['type'] === 'function_call' && isCustom(name, state.context)
  const added: Item = {
    kind,
    index,
    id: asString(item['id']),
    callId,
    phase: asString(item['phase']),
    slots: new Map(),
    held,
    pending: '',
    summary: undefined,
    done: false,
  }
  state.items.push(added)
  if (callId !== undefined && name !== undefined)
    openCall(state, added, { callId, name, custom: held || item['type'] === 'custom_tool_call' })
  return added
}

function openCall(
  state: State,
  item: Item,
  call: { readonly callId: string; readonly name: string; readonly custom: boolean },
): Slot {
  state.called = true
  const slot: Slot = { part: state.parts++, type: 'tool_call', sent: '', citations: 0, open: true }
  item.slots.set(0, slot)
  state.emit({
    kind: 'part_start',
    candidate: 0,
    part: slot.part,
    type: 'tool_call',
    id: call.callId,
    name: call.name,
    ...(call.custom ? { custom: true } : {}),
  })
  return slot
}

function openText(state: State, item: Item, at: number, type: 'text' | 'reasoning' | 'refusal'): Slot {
  const known = item.slots.get(at)
  if (known !== undefined) return known
  // What comes after the item's end belongs to nothing.
  if (item.done) return { part: -1, type, sent: '', citations: 0, open: false }
  const slot: Slot = { part: state.parts++, type, sent: '', citations: 0, open: true }
  item.slots.set(at, slot)
  if (type === 'refusal') state.refused = true
  const { phase } = item
  state.emit({ kind: 'part_start', candidate: 0, part: slot.part, type, ...(phase === undefined ? {} : { phase }) })
  return slot
}

function textSlot(state: State, event: Json, type: 'text' | 'refusal'): Slot {
  return openText(state, itemOf(state, event, {}), asNumber(event['content_index']) ?? 0, type)
}

function add(state: State, slot: Slot, text: string, logprobs: readonly unknown[] = []): void {
  if (text === '' || !slot.open) return
  slot.sent = grown(slot.sent, text)
  state.last = slot
  state.emit({
    kind: 'part_delta',
    candidate: 0,
    part: slot.part,
    text,
    ...(logprobs.length === 0 ? {} : { logprobs: { content: logprobs, refusal: null } }),
  })
}

/** Adds what of the whole was not streamed. A whole that says something else comes too late: the client has read the deltas. */
function fill(state: State, slot: Slot, whole: string): void {
  if (whole.startsWith(slot.sent)) add(state, slot, whole.slice(slot.sent.length))
}

function cite(state: State, slot: Slot, annotation: unknown): void {
  if (!slot.open) return
  slot.citations++
  state.emit({ kind: 'part_citation', candidate: 0, part: slot.part, citation: readCitation(asObject(annotation)) })
}

/** Summaries are told apart by blank lines. */
function addReasoning(state: State, event: Json, text: string, summary: number): void {
  const item = itemOf(state, event, {})
  const slot = openText(state, item, 0, 'reasoning')
  const next = item.summary !== undefined && item.summary !== summary && text !== ''
  if (text !== '') item.summary = summary
  add(state, slot, next && slot.sent !== '' ? `\n\n${text}` : text)
}

function addArgs(state: State, event: Json, text: string): void {
  const item = itemOf(state, event, {})
  const slot = item.slots.get(0)
  if (slot === undefined || item.held) item.pending = grown(item.pending, text)
  else add(state, slot, text)
}

/** `output_item.done`: the item as a whole, which is trusted over its deltas. */
function finishItem(state: State, item: Item, whole: Json): void {
  if (item.done) return
  switch (item.kind) {
    case 'message':
      fillMessage(state, item, whole)
      break
    case 'reasoning': {
      const text = reasoningText(whole)
      const hasOpaque = reasoningOpaque(whole, state.context).length > 0
      if (text !== '' || hasOpaque) fill(state, openText(state, item, 0, 'reasoning'), text)
      break
    }
    case 'call':
      fillCall(state, item, whole)
      break
    case 'hosted':
      for (const part of decodeItem(whole, state.context)) emitWhole(state, part)
  }
  closeItem(state, item, whole)
}

function emitWhole(state: State, content: AnswerPart): void {
  if (content.kind === 'server_tool' || content.kind === 'image')
    state.emit({ kind: 'part_whole', candidate: 0, part: state.parts++, content })
}

function fillMessage(state: State, item: Item, whole: Json): void {
  for (const [at, entry] of asArray(whole['content']).entries()) {
    const content = asObject(entry)
    const refusal = content['type'] === 'refusal'
    const text = asString(content[refusal ? 'refusal' : 'text']) ?? ''
    if (text === '' && !item.slots.has(at)) continue
    const slot = openText(state, item, at, refusal ? 'refusal' : 'text')
    if (slot.sent === '') add(state, slot, text, asArray(content['logprobs']))
    else fill(state, slot, text)
    for (const annotation of asArray(content['annotations']).slice(slot.citations)) cite(state, slot, annotation)
  }
}

function fillCall(state: State, item: Item, whole: Json): void {
  const name = calledName(whole, state.context)
  const emulated = whole['type'] === 'function_call' && isCustom(name, state.context)
  const custom = emulated || whole['type'] === 'custom_tool_call'
  const slot = item.slots.get(0) ?? openCall(state, item, { callId: callIdOf(whole), name, custom })
  const args =
    custom && !emulated
      ? (asString(whole['input']) ?? item.pending)
      : argsText(asString(whole['arguments']) || item.pending || slot.sent || whole['arguments'])
  fill(state, slot, emulated ? unwrapInput(args) : args)
}

function closeItem(state: State, item: Item, whole: Json | undefined): void {
  if (item.done) return
  item.done = true
  const opaque = whole === undefined || item.kind !== 'reasoning' ? [] : reasoningOpaque(whole, state.context)
  for (const slot of item.slots.values()) {
    // A call that was cut off: what was held back of it is better than nothing.
    if (item.held && whole === undefined) fill(state, slot, unwrapInput(item.pending))
    slot.open = false
    state.emit({ kind: 'part_end', candidate: 0, part: slot.part, ...(opaque.length === 0 ? {} : { opaque }) })
  }
}

/** An item of the final output. One that no event was about is taken from here, unless it is another's second face. */
function completeFrom(state: State, index: number, whole: Json): void {
  const kind = kindOf(whole)
  const id = asString(whole['id'])
  const callId = asString(whole['call_id'])
  const known =
    state.items.find((item) => (id !== undefined && item.id === id) || (callId !== undefined && item.callId === callId)) ??
    state.items.find((item) => item.index === index && item.kind === kind) ??
    state.items.find((item) => item.kind === kind && kind !== 'call')
  finishItem(state, known ?? addItem(state, whole, index), whole)
}
