import type { Emit } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { Json } from '#canonical/request.ts'
import type { SseFrame } from '#framing/sse-parse.ts'
import { asArray, asNumber, asObject, asString, isObject, parseJson } from '#lib/json.ts'
import type { DecodeContext, FrameDecoder } from '../dialect.ts'
import { errorInAnswer } from '../openai-error.ts'
import { failureIn, ofResponse } from './decode-answer.ts'
import { finishOf } from './finish.ts'
import { decodeItems } from './stream-items.ts'
import { readUsage } from './usage.ts'

/** Provider → canonical, a stream. Servers leave out events, ids and numbers; items are put together from what there is. */
export function decodeStream(emit: Emit, context: DecodeContext): FrameDecoder {
  const items = decodeItems(emit, context)
  let started = false
  let closed = false

  const start = (response: Json): void => {
    if (started) return
    started = true
    emit({ kind: 'start', id: asString(response['id']) ?? '', model: asString(response['model']) || context.target.model, created: asNumber(response['created_at']) ?? 0 })
  }
  const fail = (failure: Failure): void => {
    if (closed) return
    closed = true
    emit({ kind: 'failure', failure: { ...failure, phase: items.hasContent() ? 'stream' : 'first_token' } })
  }
  const close = (response: Json): void => {
    const failure = failureIn(response)
    if (failure !== undefined) return fail(failure)
    start(response)
    items.complete(asArray(response['output']))
    const usage = readUsage(response['usage'])
    if (usage !== undefined) emit({ kind: 'usage', usage })
    emit({ kind: 'finish', candidate: 0, finish: finishOf(response, items.called(), items.refused()) })
    emit({ kind: 'end' })
    closed = true
  }
  const read = (type: string, event: Json): void => {
    const response = asObject(event['response'])
    switch (type) {
      case 'response.created':
      case 'response.queued':
      case 'response.in_progress':
        return start(response)
      case 'response.completed':
        return close(response)
      case 'response.incomplete':
        return close({ ...response, status: 'incomplete' })
      case 'response.failed':
      case 'response.cancelled':
        return fail(failureIn({ status: 'failed', ...response }) ?? { kind: 'server', phase: 'stream', message: 'the provider broke off' })
      case 'error':
        return fail(errorInAnswer(ofResponse(errorIn(event))))
      case 'keepalive':
      case 'ping':
        return emit({ kind: 'ping' })
      default:
        if (!isItemEvent(type)) return
        start(response)
        items.read(type, event)
    }
  }
  return {
    frame({ data, event: name }: SseFrame) {
      if (closed || data.trim() === '[DONE]') return
      const parsed = parseJson(data)
      // One broken event in an otherwise sound stream is skipped; without a sound end the stream fails anyway.
      if (!parsed.ok) return emit({ kind: 'skipped' })
      const event = asObject(parsed.value)
      const type = asString(event['type']) ?? (isObject(event['error']) ? 'error' : name)
      read(name === 'error' ? 'error' : type, event)
    },
    end() {
      if (closed) return
      if (!started) return fail({ kind: 'malformed', phase: 'first_token', message: 'the stream ended without an answer' })
      closed = true
      emit({ kind: 'failure', failure: { kind: 'network', phase: 'stream', message: 'the stream ended without response.completed' } })
    },
  }
}

function isItemEvent(type: string): boolean {
  return type.startsWith('response.')
}

/** The error of an `error` event, which is flat as documented and nested as OpenAI sends it. */
function errorIn(event: Json): Json {
  if (isObject(event['error'])) return event['error']
  const { type: _type, sequence_number: _number, ...error } = event
  return error
}
