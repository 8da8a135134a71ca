import type { AnswerEvent, Finish, PartStart, Usage } from '#canonical/answer.ts'
import type { Json, Opaque } from '#canonical/request.ts'
import { eventFrame } from '#framing/sse-write.ts'
import { asObject, compact } from '#lib/json.ts'
import type { AnswerContext, EventEncoder } from '../dialect.ts'
import { packOpaque } from '../opaque.ts'
import { signatureOf, writeCitation } from './encode-answer.ts'
import { errorEvent } from './error.ts'
import { stopReason } from './finish.ts'
import { writeUsage } from './usage.ts'

type OpenPart = { readonly start: PartStart; held: string; ended: readonly Opaque[] | undefined }

type State = {
  readonly context: AnswerContext
  usage: Usage | undefined
  finish: Finish | undefined
  /** Parts that have begun and not ended, in their order; only the first may be written, one block is open at a time. */
  readonly queue: Map<number, OpenPart>
  /** The part that is written now. */
  writing: number | undefined
  index: number
}

/** Canonical → client, a stream of Anthropic's events: one open block at a time, numbered from 0. */
export function encodeStream(context: AnswerContext): EventEncoder {
  const state: State = { context, usage: undefined, finish: undefined, queue: new Map(), writing: undefined, index: 0 }
  return (event) => encodeEvent(state, event)
}

function encodeEvent(state: State, event: AnswerEvent): string {
  if ('candidate' in event && event.candidate !== 0) return ''
  switch (event.kind) {
    case 'start':
      state.usage = event.usage
      return startMessage(state, event.model)
    case 'part_start':
      state.queue.set(event.part, { start: event, held: '', ended: undefined })
      return advance(state)
    case 'part_delta':
      return addDelta(state, event.part, event.text)
    case 'part_citation': {
      const [citation] = writeCitation(event.citation)
      return citation === undefined || state.writing !== event.part ? '' : delta(state, { type: 'citations_delta', citation })
    }
    case 'part_end': {
      const part = state.queue.get(event.part)
      if (part !== undefined) part.ended = event.opaque ?? []
      return advance(state)
    }
    case 'part_whole':
      return event.content.kind === 'server_tool' && event.content.vendor === 'anthropic' ? wholeBlock(state, event.content.raw) : ''
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

function startMessage({ context, usage }: State, model: string): string {
  const message = { id: `msg_${context.requestId}`, type: 'message', role: 'assistant', model, content: [], stop_reason: null, stop_sequence: null, usage: { ...writeUsage(usage), output_tokens: 1 } }
  return frame({ type: 'message_start', message })
}

/** Opens the first waiting part, writes what it held, closes it if it has ended, and goes on with the next. */
function advance(state: State): string {
  let text = ''
  for (const [number, part] of state.queue) {
    if (state.writing === undefined) {
      state.writing = number
      text += openBlock(state, part.start)
      if (part.held !== '') text += textDelta(state, part.start, part.held)
      part.held = ''
    }
    if (part.ended === undefined || state.writing !== number) return text
    text += closeBlock(state, part)
    state.queue.delete(number)
    state.writing = undefined
  }
  return text
}

function openBlock(state: State, start: PartStart): string {
  switch (start.type) {
    case 'text':
    case 'refusal':
      return blockStart(state, { type: 'text', text: '' })
    case 'reasoning':
      return blockStart(state, { type: 'thinking', thinking: '', signature: '' })
    case 'tool_call': {
      const carried = start.opaque === undefined || start.opaque.length === 0 ? '' : carrier(state, start.opaque)
      return carried + blockStart(state, { type: 'tool_use', id: start.id, name: start.name, input: {} })
    }
  }
}

/** A block that only carries another vendor's signature; clients send it back with the call that follows. */
function carrier(state: State, opaque: readonly Opaque[]): string {
  const text =
    blockStart(state, { type: 'thinking', thinking: '', signature: '' }) +
    delta(state, { type: 'signature_delta', signature: packOpaque(opaque) }) +
    frame({ type: 'content_block_stop', index: state.index })
  state.index++
  return text
}

function blockStart({ index }: State, content_block: Json): string {
  return frame({ type: 'content_block_start', index, content_block })
}

function delta({ index }: State, content: Json): string {
  return frame({ type: 'content_block_delta', index, delta: content })
}

function addDelta(state: State, number: number, text: string): string {
  const part = state.queue.get(number)
  if (part === undefined) return ''
  if (state.writing === number && !(part.start.type === 'tool_call' && part.start.custom === true)) return textDelta(state, part.start, text)
  part.held += text
  return ''
}

function textDelta(state: State, start: PartStart, text: string): string {
  switch (start.type) {
    case 'text':
    case 'refusal':
      return delta(state, { type: 'text_delta', text })
    case 'reasoning':
      return delta(state, { type: 'thinking_delta', thinking: text })
    case 'tool_call':
      return start.custom === true ? '' : delta(state, { type: 'input_json_delta', partial_json: text })
  }
}

function closeBlock(state: State, { start, held, ended }: OpenPart): string {
  let text = ''
  if (start.type === 'tool_call' && start.custom === true) text += delta(state, { type: 'input_json_delta', partial_json: JSON.stringify({ input: held }) })
  if (start.type === 'reasoning') {
    const signature = signatureOf([...(start.opaque ?? []), ...(ended ?? [])])
    if (signature !== '') text += delta(state, { type: 'signature_delta', signature })
  }
  text += frame({ type: 'content_block_stop', index: state.index })
  state.index++
  return text
}

function wholeBlock(state: State, raw: Json): string {
  const text = blockStart(state, raw) + frame({ type: 'content_block_stop', index: state.index })
  state.index++
  return text
}

function endMessage(state: State): string {
  for (const part of state.queue.values()) part.ended ??= []
  const closed = advance(state)
  const finish = state.finish ?? { reason: 'stop' }
  const details = finish.details === undefined ? undefined : asObject(finish.details)
  const stop = compact({ stop_reason: stopReason(finish), stop_sequence: finish.sequence ?? null, stop_details: details })
  return closed + frame({ type: 'message_delta', delta: stop, usage: writeUsage(state.usage) }) + frame({ type: 'message_stop' })
}
