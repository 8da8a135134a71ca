import { type AnswerEvent, type Emit, isContent } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { Json } from '#canonical/request.ts'
import type { SseFrame } from '#framing/sse-parse.ts'
import { asNumber, asObject, asString, isObject, parseJson } from '#lib/json.ts'
import { decodeAlike } from '../alike.ts'
import type { DecodeContext, FrameDecoder } from '../dialect.ts'
import { errorInAnswer } from './error.ts'
import { finishOf } from './finish.ts'
import { type BlocksDecoder, decodeBlocks } from './stream-blocks.ts'
import { mergeUsage, readUsage } from './usage.ts'

type State = {
  readonly emit: Emit
  readonly context: DecodeContext
  readonly blocks: BlocksDecoder
  started: boolean
  /** Whether the caller would have seen something. */
  spoke: boolean
  closed: boolean
  /** The last `delta` with a stop reason. */
  stop: { readonly reason: string; readonly fields: Json } | undefined
  /** All numbers told so far. */
  usage: Json
}

/** Claude → canonical, a stream. Source: docs.anthropic.com/en/docs/build-with-claude/streaming. */
export function decodeStream(emit: Emit, context: DecodeContext): FrameDecoder {
  return decodeAlike((tell) => decodeFrames(tell, context), emit)
}

function decodeFrames(emit: Emit, context: DecodeContext): FrameDecoder {
  const tell = (event: AnswerEvent): void => {
    state.spoke ||= isContent(event)
    emit(event)
  }
  const state: State = {
    emit: tell,
    context,
    blocks: decodeBlocks(tell, context),
    started: false,
    spoke: false,
    closed: false,
    stop: undefined,
    usage: {},
  }
  return { frame: (frame) => readFrame(state, frame), end: () => close(state) }
}

function readFrame(state: State, { event, data }: SseFrame): void {
  // OpenRouter ends with `event: data` and `data: [DONE]`.
  if (state.closed || data.trim() === '[DONE]') return
  const parsed = parseJson(data)
  // One broken event in an otherwise sound stream is left out; without a sound end the stream fails anyway.
  if (!parsed.ok || !isObject(parsed.value)) return state.emit({ kind: 'skipped' })
  const body = parsed.value
  const type = asString(body['type']) ?? (isObject(body['error']) ? 'error' : event)
  readEvent(state, type, body)
}

function readEvent(state: State, type: string, event: Json): void {
  switch (type) {
    case 'ping':
      return state.emit({ kind: 'ping' })
    case 'message_start':
      return startMessage(state, asObject(event['message']))
    case 'content_block_start':
      startMessage(state, {})
      return state.blocks.start(indexOf(event), asObject(event['content_block']))
    case 'content_block_delta':
      startMessage(state, {})
      return state.blocks.delta(indexOf(event), asObject(event['delta']))
    case 'content_block_stop':
      return state.blocks.stop(indexOf(event))
    case 'message_delta':
      return changeMessage(state, event)
    case 'message_stop':
      return close(state)
    case 'error':
      return fail(state, errorInAnswer(event))
    default:
      return
  }
}

function indexOf(event: Json): number {
  return asNumber(event['index']) ?? 0
}

/** A second beginning adds nothing but its numbers; a missing one is made up for. */
function startMessage(state: State, message: Json): void {
  state.usage = mergeUsage(state.usage, message['usage'])
  if (state.started) return
  state.started = true
  const usage = readUsage(state.usage)
  const { model } = state.context.target
  const start = {
    kind: 'start',
    id: asString(message['id']) ?? '',
    model: asString(message['model']) ?? model,
    created: 0,
  } as const
  state.emit(usage === undefined ? start : { ...start, usage })
}

/** Its numbers are totals, and correct those of the beginning. */
function changeMessage(state: State, event: Json): void {
  startMessage(state, {})
  const fields = asObject(event['delta'])
  const reason = asString(fields['stop_reason'])
  if (reason !== undefined) state.stop = { reason, fields }
  state.usage = mergeUsage(state.usage, event['usage'])
  const usage = readUsage(state.usage)
  if (usage !== undefined) state.emit({ kind: 'usage', usage })
}

/** `message_stop`, or the end of the bytes: an answer that told its stop reason is complete either way. */
function close(state: State): void {
  if (state.closed) return
  if (!state.started)
    return fail(state, { kind: 'malformed', phase: 'first_token', message: 'the stream ended without an answer' })
  if (state.stop === undefined) {
    return fail(state, { kind: 'network', phase: 'stream', message: 'the stream ended without a stop reason' })
  }
  state.closed = true
  state.blocks.close()
  const { reason, fields } = state.stop
  state.emit({ kind: 'finish', candidate: 0, finish: finishOf(reason, fields, state.blocks.calls()) })
  state.emit({ kind: 'end' })
}

function fail(state: State, failure: Failure): void {
  state.closed = true
  state.emit({ kind: 'failure', failure: { ...failure, phase: state.spoke ? 'stream' : 'first_token' } })
}
