import type { AnswerEvent, Finish, PartStart, Usage } from '#canonical/answer.ts'
import type { Json, Opaque } from '#canonical/request.ts'
import { eventFrame } from '#framing/sse-write.ts'
import { joined } from '#lib/flat-text.ts'
import type { AnswerContext, EventEncoder } from '../dialect.ts'
import { textWriter } from '../text-writer.ts'
import { carrierBlock, redactedBlocks, signatureOf } from './carry.ts'
import { writeCitations } from './citations.ts'
import { errorEvent } from './error.ts'
import { writeStop } from './finish.ts'
import { writeUsage } from './usage.ts'

/** A part that has begun and is not written to its end. */
type QueuedPart = {
  /** What began, or a block that came whole. */
  readonly start: PartStart | { readonly type: 'whole'; readonly block: Json }
  /** Deltas that wait for the part's turn. */
  readonly held: Json[]
  /** A custom tool's text: it becomes one JSON argument when it is complete. */
  customText: string
  opened: boolean
  /** Writes a delta with more text of the open block; made at its first. */
  write?: (text: string) => string
  ended: boolean
  opaque: readonly Opaque[]
}

type State = {
  readonly context: AnswerContext
  usage: Usage | undefined
  finish: Finish | undefined
  /** In the order of their beginning. Only the first is written: this dialect has one open block at a time. */
  readonly queue: Map<number, QueuedPart>
  head: QueuedPart | undefined
  /** The number of the open block, or of the next one. */
  index: number
}

/** Canonical → client, a stream of Anthropic's events: one open block at a time, numbered from 0. */
export function encodeStream(context: AnswerContext): EventEncoder {
  const state: State = { context, usage: undefined, finish: undefined, queue: new Map(), head: undefined, index: 0 }
  return (event) => encodeEvent(state, event)
}

function encodeEvent(state: State, event: AnswerEvent): string {
  // There is a place for one answer only.
  if ('candidate' in event && event.candidate !== 0) return ''
  switch (event.kind) {
    case 'start':
      state.usage = event.usage
      return startMessage(state, event.model)
    case 'part_start':
      return enqueue(state, event.part, event, event.opaque)
    case 'part_delta':
      return addText(state, event.part, event.text)
    case 'part_citation':
      return writeCitations([event.citation])
        .map((citation) => addDelta(state, event.part, { type: 'citations_delta', citation }))
        .join('')
    case 'part_end':
      return endPart(state, event.part, event.opaque)
    case 'part_whole':
      return event.content.kind === 'server_tool' && event.content.vendor === 'anthropic'
        ? enqueue(state, event.part, { type: 'whole', block: event.content.raw })
        : ''
    case 'usage':
      state.usage = event.usage
      return ''
    case 'finish':
      state.finish = event.finish
      return ''
    case 'end':
      return endMessage(state)
    case 'failure':
      return eventFrame('error', errorEvent(event.failure, state.context.requestId))
    case 'ping':
      return frame({ type: 'ping' })
    case 'skipped':
      return ''
  }
}

function frame(event: Json & { readonly type: string }): string {
  return eventFrame(event.type, JSON.stringify(event))
}

/** Where the provider tells its usage at the end only, the input counts 0 here; the closing `message_delta` has the true numbers. */
function startMessage({ context, usage }: State, model: string): string {
  return frame({
    type: 'message_start',
    message: {
      id: joined('msg_', context.requestId),
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      usage: { ...writeUsage(usage), output_tokens: usage?.output ?? 0 },
    },
  })
}

function enqueue(state: State, number: number, start: QueuedPart['start'], opaque: readonly Opaque[] = []): string {
  const part: QueuedPart = { start, held: [], customText: '', opened: false, ended: start.type === 'whole', opaque }
  state.queue.set(number, part)
  if (state.head !== undefined) return ''
  state.head = part
  return advance(state)
}

function endPart(state: State, number: number, opaque: readonly Opaque[] = []): string {
  const part = state.queue.get(number)
  if (part === undefined) return ''
  part.ended = true
  part.opaque = [...part.opaque, ...opaque]
  return part === state.head ? advance(state) : ''
}

/** Writes what the first part held; when it has ended, closes it and goes on with the next. */
function advance(state: State): string {
  let text = ''
  for (const [number, part] of state.queue) {
    state.head = part
    // A call is shown at once; text and thoughts when there are any, since clients may not send empty blocks back.
    if (part.start.type === 'tool_call') text += openBlock(state, part)
    for (const held of part.held.splice(0)) text += writeDelta(state, part, held)
    if (!part.ended) return text
    text += closePart(state, part)
    state.queue.delete(number)
  }
  state.head = undefined
  return text
}

function addText(state: State, number: number, text: string): string {
  const part = state.queue.get(number)
  if (part === undefined || text === '') return ''
  switch (part.start.type) {
    case 'text':
    case 'refusal':
      return addPlain(state, part, { type: 'text_delta', field: 'text', text })
    case 'reasoning':
      return state.context.request.reasoning?.visible === 'none'
        ? ''
        : addPlain(state, part, { type: 'thinking_delta', field: 'thinking', text })
    case 'tool_call':
      if (part.start.custom !== true) return addPlain(state, part, { type: 'input_json_delta', field: 'partial_json', text })
      part.customText += text
      return ''
    case 'whole':
      return ''
  }
}

type PlainDelta = { readonly type: string; readonly field: string; readonly text: string }

/** A delta of the kind that most of an answer consists of. */
function addPlain(state: State, part: QueuedPart, { type, field, text }: PlainDelta): string {
  if (part !== state.head) {
    part.held.push({ type, [field]: text })
    return ''
  }
  const opened = openBlock(state, part)
  part.write ??= textWriter(frame({ type: 'content_block_delta', index: state.index, delta: { type, [field]: '' } }), field)
  return opened + part.write(text)
}

function addDelta(state: State, number: number, delta: Json): string {
  const part = state.queue.get(number)
  if (part === undefined) return ''
  if (part === state.head) return writeDelta(state, part, delta)
  part.held.push(delta)
  return ''
}

function writeDelta(state: State, part: QueuedPart, delta: Json): string {
  return openBlock(state, part) + frame({ type: 'content_block_delta', index: state.index, delta })
}

function openBlock(state: State, part: QueuedPart): string {
  if (part.opened) return ''
  part.opened = true
  const { start } = part
  switch (start.type) {
    case 'text':
    case 'refusal':
      return blockStart(state, { type: 'text', text: '' })
    case 'reasoning':
      return blockStart(state, { type: 'thinking', thinking: '', signature: '' })
    case 'tool_call': {
      const carried = takeCarrier(state, part, start.id)
      return carried + blockStart(state, { type: 'tool_use', id: start.id, name: start.name, input: {} })
    }
    case 'whole':
      return blockStart(state, start.block)
  }
}

function blockStart({ index }: State, content_block: Json): string {
  return frame({ type: 'content_block_start', index, content_block })
}

function closePart(state: State, part: QueuedPart): string {
  const { start } = part
  switch (start.type) {
    case 'text':
    case 'refusal':
      return part.opened ? closeBlock(state) : ''
    case 'reasoning':
      return closeReasoning(state, part)
    case 'tool_call': {
      const custom =
        start.custom === true ? { type: 'input_json_delta', partial_json: JSON.stringify({ input: part.customText }) } : undefined
      const input = custom === undefined ? '' : writeDelta(state, part, custom)
      // Data that came at the call's end follows it.
      return input + closeBlock(state) + takeCarrier(state, part, start.id)
    }
    case 'whole':
      return wholeBlock(state, start.block)
  }
}

function closeReasoning(state: State, part: QueuedPart): string {
  const redacted = part.opened ? [] : redactedBlocks(part.opaque)
  if (redacted.length > 0) return redacted.map((block) => wholeBlock(state, block)).join('')
  const signature = signatureOf(part.opaque)
  const signed = signature === '' ? '' : writeDelta(state, part, { type: 'signature_delta', signature })
  return part.opened ? signed + closeBlock(state) : ''
}

function closeBlock(state: State): string {
  const text = frame({ type: 'content_block_stop', index: state.index })
  state.index++
  return text
}

function wholeBlock(state: State, block: Json): string {
  return blockStart(state, block) + closeBlock(state)
}

/** The block that carries a call's opaque data, once. */
function takeCarrier(state: State, part: QueuedPart, callId: string): string {
  if (part.opaque.length === 0) return ''
  const { signature, ...block } = carrierBlock(part.opaque, callId)
  part.opaque = []
  const signed = frame({ type: 'content_block_delta', index: state.index, delta: { type: 'signature_delta', signature } })
  return blockStart(state, { ...block, signature: '' }) + signed + closeBlock(state)
}

function endMessage(state: State): string {
  for (const part of state.queue.values()) part.ended = true
  const closed = advance(state)
  const delta = writeStop(state.finish ?? { reason: 'stop' })
  return closed + frame({ type: 'message_delta', delta, usage: writeUsage(state.usage) }) + frame({ type: 'message_stop' })
}
