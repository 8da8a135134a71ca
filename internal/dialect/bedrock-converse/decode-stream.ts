import { type AnswerEvent, type Emit, isContent } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { Json } from '#canonical/request.ts'
import { exceptionMark } from '#framing/event-stream.ts'
import type { SseFrame } from '#framing/sse-parse.ts'
import { asNumber, asObject, isObject, parseJson } from '#lib/json.ts'
import type { DecodeContext, FrameDecoder } from '../dialect.ts'
import { exceptionInStream } from './error.ts'
import { finishOf } from './finish.ts'
import { type BlocksDecoder, decodeBlocks } from './stream-blocks.ts'
import { readUsage } from './usage.ts'

type State = {
  readonly emit: Emit
  readonly context: DecodeContext
  readonly blocks: BlocksDecoder
  started: boolean
  /** Whether the caller would have seen something. */
  spoke: boolean
  closed: boolean
  /** `messageStop`. */
  stop: Json | undefined
}

/** Converse → canonical, a stream. Source: docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html. */
export function decodeStream(emit: Emit, context: DecodeContext): FrameDecoder {
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
  }
  return { frame: (frame) => readFrame(state, frame), end: () => close(state) }
}

function readFrame(state: State, { event, data }: SseFrame): void {
  if (state.closed) return
  if (event.startsWith(exceptionMark)) return fail(state, exceptionInStream(event.slice(exceptionMark.length), data))
  const parsed = parseJson(data)
  // One broken event in an otherwise sound stream is left out; without a sound end the stream fails anyway.
  if (!parsed.ok || !isObject(parsed.value)) return state.emit({ kind: 'skipped' })
  readEvent(state, event, parsed.value)
}

function readEvent(state: State, type: string, event: Json): void {
  switch (type) {
    case 'messageStart':
      return start(state)
    case 'contentBlockStart':
      start(state)
      return state.blocks.start(indexOf(event), asObject(event['start']))
    case 'contentBlockDelta':
      start(state)
      return state.blocks.delta(indexOf(event), asObject(event['delta']))
    case 'contentBlockStop':
      return state.blocks.stop(indexOf(event))
    case 'messageStop':
      start(state)
      state.stop = event
      return
    case 'metadata':
      return readMetadata(state, event)
    default:
      return
  }
}

function indexOf(event: Json): number {
  return asNumber(event['contentBlockIndex']) ?? 0
}

function start(state: State): void {
  if (state.started) return
  state.started = true
  state.emit({ kind: 'start', id: '', model: state.context.target.model, created: 0 })
}

/** The numbers come behind the stop reason, and last of all. */
function readMetadata(state: State, event: Json): void {
  start(state)
  const usage = readUsage(event['usage'])
  if (usage !== undefined) state.emit({ kind: 'usage', usage })
  if (state.stop !== undefined) close(state)
}

/** An answer that told its stop reason is complete, also without numbers. */
function close(state: State): void {
  if (state.closed) return
  if (!state.started)
    return fail(state, { kind: 'malformed', phase: 'first_token', message: 'the stream ended without an answer' })
  if (state.stop === undefined) {
    return fail(state, { kind: 'network', phase: 'stream', message: 'the stream ended without a stop reason' })
  }
  state.closed = true
  state.blocks.close()
  state.emit({ kind: 'finish', candidate: 0, finish: finishOf(state.stop, state.blocks.called()) })
  state.emit({ kind: 'end' })
}

function fail(state: State, failure: Failure): void {
  state.closed = true
  state.emit({ kind: 'failure', failure: { ...failure, phase: state.spoke ? 'stream' : 'first_token' } })
}
