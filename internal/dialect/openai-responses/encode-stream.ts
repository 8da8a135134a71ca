import type { AnswerEvent, Finish, PartStart, Usage } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { Json, Opaque } from '#canonical/request.ts'
import { eventFrame } from '#framing/sse-write.ts'
import { grown } from '#lib/grown.ts'
import type { AnswerContext, EventEncoder } from '../dialect.ts'
import { textWriter } from '../text-writer.ts'
import { closingOf } from './finish.ts'
import {
  annotationOf,
  callItem,
  carrierItem,
  encryptedContent,
  itemId,
  logprobsOf,
  messageItem,
  ownItemId,
  reasoningItem,
  refusalContent,
  textContent,
  type WrittenMessage,
  wholeItem,
} from './write-item.ts'
import { type Progress, writeResponse } from './write-response.ts'

/** A part under way. `at` is its place in the message, for texts and refusals. */
type OpenPart = {
  readonly start: PartStart
  readonly id: string
  readonly index: number
  readonly at: number
  text: string
  readonly annotations: Json[]
  readonly logprobs: unknown[]
  /** Writes an event with more text of this part; made at its first. */
  write?: (sequence: number, text: string) => string
}

/** The message that texts go to until something else comes. */
type OpenMessage = WrittenMessage & {
  readonly index: number
  readonly content: Json[]
  readonly opaque: Opaque[]
  open: number
}

type State = {
  readonly context: AnswerContext
  sequence: number
  created: boolean
  model: string
  createdAt: number
  usage: Usage | undefined
  finish: Finish | undefined
  refused: boolean
  message: OpenMessage | undefined
  readonly parts: Map<number, OpenPart>
  /** Items by output index; a hole is one that is still open. */
  readonly output: (Json | undefined)[]
}

/** Canonical → client, a stream. OpenAI's SDK raises at any event that is out of order. */
export function encodeStream(context: AnswerContext): EventEncoder {
  const state: State = {
    context,
    sequence: 0,
    created: false,
    model: context.request.model,
    createdAt: context.nowSeconds,
    usage: undefined,
    finish: undefined,
    refused: false,
    message: undefined,
    parts: new Map(),
    output: [],
  }
  return (event) => ('candidate' in event && event.candidate !== 0 ? '' : encodeEvent(state, event))
}

function encodeEvent(state: State, event: AnswerEvent): string {
  switch (event.kind) {
    case 'start':
      return begin(state, event)
    case 'part_start':
      return startPart(state, event)
    case 'part_delta':
      return addDelta(state, event)
    case 'part_citation':
      return addCitation(state, event)
    case 'part_end':
      return endPart(state, event.part, event.opaque)
    case 'part_whole':
      return addWhole(state, event)
    case 'usage':
      state.usage = event.usage
      return ''
    case 'finish':
      // The closing event carries the usage, which may still come.
      state.finish = event.finish
      return ''
    case 'end':
      return close(state)
    case 'failure':
      return fail(state, event.failure)
    case 'ping':
    case 'skipped':
      return ''
  }
}

function send(state: State, type: string, fields: Json): string {
  return eventFrame(type, JSON.stringify({ type, sequence_number: state.sequence++, ...fields }))
}

/** As `send`; of events like this one, with other text, most of an answer consists. */
function sendDelta(state: State, part: OpenPart, type: string, fields: Json & { readonly delta: string }): string {
  part.write ??= deltaWriter(type, fields)
  return part.write(state.sequence++, fields.delta)
}

function deltaWriter(type: string, fields: Json): (sequence: number, text: string) => string {
  const [before, after] = eventFrame(type, JSON.stringify({ type, sequence_number: 0, ...fields, delta: '' })).split(
    '"sequence_number":0',
    2,
  )
  const rest = textWriter(after ?? '', 'delta')
  return (sequence, text) => `${before}"sequence_number":${sequence}${rest(text)}`
}

function response(state: State, changes: Partial<Progress> & Pick<Progress, 'status'>): Json {
  return writeResponse({ model: state.model, created: state.createdAt, output: [], ...changes }, state.context)
}

function begin(state: State, event: Extract<AnswerEvent, { kind: 'start' }>): string {
  state.created = true
  state.model = event.model
  state.usage = event.usage
  if (event.created > 0) state.createdAt = event.created
  const started = { response: response(state, { status: 'in_progress' }) }
  return send(state, 'response.created', started) + send(state, 'response.in_progress', started)
}

function startPart(state: State, event: PartStart): string {
  switch (event.type) {
    case 'text':
    case 'refusal':
      return startText(state, event)
    case 'reasoning': {
      const before = closeMessage(state)
      const index = state.output.push(undefined) - 1
      const id = ownItemId(event.opaque) ?? itemId('rs', state.context.requestId, index)
      open(state, event, { id, index, at: 0 })
      return before + send(state, 'response.output_item.added', { output_index: index, item: reasoningItem(id, '', undefined) })
    }
    case 'tool_call': {
      const before = closeMessage(state) + carry(state, event.id, event.opaque)
      const index = state.output.push(undefined) - 1
      const custom = event.custom === true
      const id = itemId(custom ? 'ctc' : 'fc', state.context.requestId, index)
      open(state, event, { id, index, at: 0 })
      const item = callItem(id, { callId: event.id, name: event.name, custom, args: '' }, 'in_progress', state.context.request)
      return before + send(state, 'response.output_item.added', { output_index: index, item })
    }
  }
}

function open(state: State, start: PartStart, place: { readonly id: string; readonly index: number; readonly at: number }): void {
  state.parts.set(start.part, { start, ...place, text: '', annotations: [], logprobs: [] })
}

function startText(state: State, event: PartStart): string {
  const phase = event.type === 'text' ? event.phase : state.message?.phase
  let added = state.message?.phase === phase ? '' : closeMessage(state)
  if (state.message === undefined) {
    const index = state.output.push(undefined) - 1
    const id = itemId('msg', state.context.requestId, index)
    state.message = { id, index, content: [], opaque: [], phase, open: 0 }
    added += send(state, 'response.output_item.added', { output_index: index, item: messageItem(state.message, 'in_progress') })
  }
  const { message } = state
  const part = event.type === 'text' ? textContent('') : refusalContent('')
  const at = message.content.push(part) - 1
  message.open++
  if (event.type === 'refusal') state.refused = true
  open(state, event, { id: message.id, index: message.index, at })
  return (
    added +
    send(state, 'response.content_part.added', { item_id: message.id, output_index: message.index, content_index: at, part })
  )
}

function addDelta(state: State, event: Extract<AnswerEvent, { kind: 'part_delta' }>): string {
  const part = state.parts.get(event.part)
  if (part === undefined || event.text === '') return ''
  const first = part.text === ''
  part.text = grown(part.text, event.text)
  const place = { item_id: part.id, output_index: part.index }
  switch (part.start.type) {
    case 'text': {
      const logprobs = logprobsOf(event.logprobs)
      part.logprobs.push(...logprobs)
      const fields = { ...place, content_index: part.at, delta: event.text, logprobs }
      return logprobs.length > 0
        ? send(state, 'response.output_text.delta', fields)
        : sendDelta(state, part, 'response.output_text.delta', fields)
    }
    case 'refusal':
      return sendDelta(state, part, 'response.refusal.delta', { ...place, content_index: part.at, delta: event.text })
    case 'reasoning': {
      const added = first
        ? send(state, 'response.reasoning_summary_part.added', {
            ...place,
            summary_index: 0,
            part: { type: 'summary_text', text: '' },
          })
        : ''
      return (
        added + sendDelta(state, part, 'response.reasoning_summary_text.delta', { ...place, summary_index: 0, delta: event.text })
      )
    }
    case 'tool_call':
      return sendDelta(
        state,
        part,
        part.start.custom === true ? 'response.custom_tool_call_input.delta' : 'response.function_call_arguments.delta',
        { ...place, delta: event.text },
      )
  }
}

function addCitation(state: State, event: Extract<AnswerEvent, { kind: 'part_citation' }>): string {
  const part = state.parts.get(event.part)
  const annotation = annotationOf(event.citation)
  if (part?.start.type !== 'text' || annotation === undefined) return ''
  const annotationIndex = part.annotations.push(annotation) - 1
  return send(state, 'response.output_text.annotation.added', {
    item_id: part.id,
    output_index: part.index,
    content_index: part.at,
    annotation_index: annotationIndex,
    annotation,
  })
}

function endPart(state: State, number: number, opaque: readonly Opaque[] | undefined): string {
  const part = state.parts.get(number)
  if (part === undefined) return ''
  state.parts.delete(number)
  switch (part.start.type) {
    case 'text':
    case 'refusal':
      return endText(state, part, [...(part.start.opaque ?? []), ...(opaque ?? [])])
    case 'reasoning':
      return endReasoning(state, part, [...(part.start.opaque ?? []), ...(opaque ?? [])])
    case 'tool_call':
      return endCall(state, part) + carry(state, part.start.id, opaque)
  }
}

function endText(state: State, part: OpenPart, opaque: readonly Opaque[]): string {
  const { message } = state
  const place = { item_id: part.id, output_index: part.index, content_index: part.at }
  const isText = part.start.type === 'text'
  const content = isText ? textContent(part.text, part.annotations, part.logprobs) : refusalContent(part.text)
  if (message !== undefined) {
    message.content[part.at] = content
    message.opaque.push(...opaque)
    message.open--
  }
  const done = isText
    ? send(state, 'response.output_text.done', { ...place, text: part.text, logprobs: part.logprobs })
    : send(state, 'response.refusal.done', { ...place, refusal: part.text })
  return done + send(state, 'response.content_part.done', { ...place, part: content })
}

/** Ends the message, unless a text of it is still under way. */
function closeMessage(state: State, status: 'completed' | 'incomplete' = 'completed'): string {
  const { message } = state
  if (message === undefined || message.open > 0) return ''
  state.message = undefined
  return done(state, message.index, messageItem(message, status)) + carry(state, message.id, message.opaque)
}

function done(state: State, index: number, item: Json): string {
  state.output[index] = item
  return send(state, 'response.output_item.done', { output_index: index, item })
}

function endReasoning(state: State, part: OpenPart, opaque: readonly Opaque[]): string {
  const place = { item_id: part.id, output_index: part.index, summary_index: 0 }
  const { text } = part
  const summary =
    text === ''
      ? ''
      : send(state, 'response.reasoning_summary_text.done', { ...place, text }) +
        send(state, 'response.reasoning_summary_part.done', { ...place, part: { type: 'summary_text', text } })
  return summary + done(state, part.index, reasoningItem(part.id, text, encryptedContent(opaque, part.id)))
}

function endCall(state: State, { start, id, index, text }: OpenPart): string {
  if (start.type !== 'tool_call') return ''
  const custom = start.custom === true
  const item = callItem(id, { callId: start.id, name: start.name, custom, args: text }, 'completed', state.context.request)
  const place = { item_id: id, output_index: index }
  const whole = custom
    ? send(state, 'response.custom_tool_call_input.done', { ...place, input: text })
    : send(state, 'response.function_call_arguments.done', { ...place, name: item['name'], arguments: text })
  return whole + done(state, index, item)
}

/** An item of its own for what belongs to a call or a message and has no place in that. */
function carry(state: State, owner: string, opaque: readonly Opaque[] | undefined): string {
  const index = state.output.length
  const item = carrierItem(itemId('rs', state.context.requestId, index), owner, opaque)
  return item === undefined ? '' : addItem(state, item)
}

function addItem(state: State, item: Json): string {
  const index = state.output.push(undefined) - 1
  return send(state, 'response.output_item.added', { output_index: index, item }) + done(state, index, item)
}

function addWhole(state: State, { content }: Extract<AnswerEvent, { kind: 'part_whole' }>): string {
  const item = wholeItem(content, itemId('ig', state.context.requestId, state.output.length))
  return item === undefined ? '' : closeMessage(state) + addItem(state, item)
}

function close(state: State): string {
  const closing = closingOf(state.finish ?? { reason: 'stop' }, state.refused)
  const before = closeMessage(state, closing.status)
  const last = response(state, {
    status: closing.status,
    incompleteDetails: closing.details,
    output: finished(state),
    usage: state.usage,
  })
  return before + send(state, `response.${closing.status}`, { response: last })
}

function finished(state: State): readonly Json[] {
  return state.output.filter((item) => item !== undefined)
}

/** A response that was begun ends as failed, with what is whole of it; before that there is only the bare `error` event. */
function fail(state: State, failure: Failure): string {
  if (!state.created)
    return send(state, 'error', { code: failure.code ?? failure.kind, message: failure.message, param: failure.param ?? null })
  const error = { code: codeOf(failure), message: failure.message }
  return send(state, 'response.failed', {
    response: response(state, { status: 'failed', error, output: finished(state), usage: state.usage }),
  })
}

/** The codes that OpenAI documents for a failed response. */
function codeOf({ kind }: Failure): string {
  switch (kind) {
    case 'rate_limit':
      return 'rate_limit_exceeded'
    case 'invalid_request':
    case 'context_length':
    case 'content_filter':
    case 'unsupported':
      return 'invalid_prompt'
    default:
      return 'server_error'
  }
}
