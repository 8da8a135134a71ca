import type { Emit } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { Json } from '#canonical/request.ts'
import type { SseFrame } from '#framing/sse-parse.ts'
import { asArray, asNumber, asObject, asString, isObject, parseJson } from '#lib/json.ts'
import { type Decoder, decodeAlike } from '../alike.ts'
import type { DecodeContext, FrameDecoder } from '../dialect.ts'
import { errorInAnswer } from '../openai-error.ts'
import { failureIn, ofResponse } from './decode-answer.ts'
import { finishOf } from './finish.ts'
import { decodeItems, type ItemDecoder } from './stream-items.ts'
import { readUsage } from './usage.ts'

type State = {
  readonly emit: Emit
  readonly context: DecodeContext
  readonly items: ItemDecoder
  started: boolean
  closed: boolean
}

/** Provider → canonical, a stream. Servers leave out events, ids and numbers; items are put together from what there is. */
export function decodeStream(emit: Emit, context: DecodeContext): FrameDecoder {
  return decodeAlike((tell) => decodeFrames(tell, context), emit)
}

function decodeFrames(emit: Emit, context: DecodeContext): Decoder {
  const state: State = { emit, context, items: decodeItems(emit, context), started: false, closed: false }
  return {
    frame({ data, event: name }: SseFrame) {
      if (state.closed || data.trim() === '[DONE]') return
      const parsed = parseJson(data)
      // One broken event in an otherwise sound stream is skipped; without a sound end the stream fails anyway.
      if (!parsed.ok) return emit({ kind: 'skipped' })
      const event = asObject(parsed.value)
      const type = asString(event['type']) ?? (isObject(event['error']) ? 'error' : name)
      read(state, name === 'error' ? 'error' : type, event)
    },
    end() {
      if (!state.started) fail(state, { kind: 'malformed', phase: 'first_token', message: 'the stream ended without an answer' })
      else fail(state, { kind: 'network', phase: 'stream', message: 'the stream ended without response.completed' })
    },
    more: state.items.more,
  }
}

function read(state: State, type: string, event: Json): void {
  const response = asObject(event['response'])
  switch (type) {
    case 'response.created':
    case 'response.queued':
    case 'response.in_progress':
      return start(state, response)
    case 'response.completed':
      return close(state, response)
    case 'response.incomplete':
      return close(state, { ...response, status: 'incomplete' })
    case 'response.failed':
    case 'response.cancelled':
      return fail(state, failureIn({ status: 'failed', ...response }) ?? brokenOff)
    case 'error':
      return fail(state, errorInAnswer(ofResponse(errorIn(event))))
    case 'keepalive':
    case 'ping':
      return state.emit({ kind: 'ping' })
    default:
      if (!type.startsWith('response.')) return
      start(state, response)
      state.items.read(type, event)
  }
}

const brokenOff: Failure = { kind: 'server', phase: 'stream', message: 'the provider broke off' }

function start(state: State, response: Json): void {
  if (state.started) return
  state.started = true
  state.emit({
    kind: 'start',
    id: asString(response['id']) ?? '',
    model: asString(response['model']) || state.context.target.model,
    created: asNumber(response['created_at']) ?? 0,
  })
}

/** Before the first content nothing of the answer is with the client, whatever events came. */
function fail(state: State, failure: Failure): void {
  if (state.closed) return
  state.closed = true
  state.emit({ kind: 'failure', failure: { ...failure, phase: state.items.hasContent() ? 'stream' : 'first_token' } })
}

function close(state: State, response: Json): void {
  const { emit, items } = state
  const failure = failureIn(response)
  if (failure !== undefined) return fail(state, failure)
  const hollow = !items.hasContent() && response['status'] === undefined && asArray(response['output']).length === 0
  if (hollow) return fail(state, { kind: 'malformed', phase: 'first_token', message: 'the stream ended without an answer' })
  start(state, response)
  items.complete(asArray(response['output']))
  const usage = readUsage(response['usage'])
  if (usage !== undefined) emit({ kind: 'usage', usage })
  emit({ kind: 'finish', candidate: 0, finish: finishOf(response, items.called(), items.refused()) })
  emit({ kind: 'end' })
  state.closed = true
}

/** The error of an `error` event, which is flat as documented and nested as OpenAI sends it. */
function errorIn(event: Json): Json {
  if (isObject(event['error'])) return event['error']
  const { type: _type, sequence_number: _number, ...error } = event
  return error
}
