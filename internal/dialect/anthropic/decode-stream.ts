import type { Emit } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import type { SseFrame } from '#framing/sse-parse.ts'
import { asNumber, asObject, asString, parseJson } from '#lib/json.ts'
import type { DecodeContext, FrameDecoder } from '../dialect.ts'
import { errorInAnswer } from './error.ts'
import { finishOf } from './finish.ts'
import { decodeBlocks } from './stream-blocks.ts'
import { mergeUsage, readUsage } from './usage.ts'

/** Claude → canonical, a stream. Source: docs.anthropic.com/en/docs/build-with-claude/streaming. */
export function decodeStream(emit: Emit, context: DecodeContext): FrameDecoder {
  const blocks = decodeBlocks(emit, context)
  let started = false
  let closed = false
  let stop: { readonly raw: string; readonly sequence: string | undefined; readonly details: unknown } | undefined
  let usage: Json = {}

  const fail = (failure: ReturnType<typeof errorInAnswer>): void => {
    closed = true
    emit({ kind: 'failure', failure: started ? { ...failure, phase: 'stream' } : failure })
  }
  const start = (message: Json): void => {
    usage = mergeUsage(usage, message['usage'])
    // A second beginning adds nothing: the first stands.
    if (started) return
    started = true
    const told = readUsage(usage)
    const base = { kind: 'start', id: asString(message['id']) ?? '', model: asString(message['model']) ?? context.target.model, created: 0 } as const
    emit(told === undefined ? base : { ...base, usage: told })
  }
  const close = (): void => {
    if (closed) return
    if (!started) return fail({ kind: 'malformed', phase: 'first_token', message: 'the stream ended without an answer' })
    if (stop === undefined) return fail({ kind: 'network', phase: 'stream', message: 'the stream ended without a stop reason' })
    closed = true
    blocks.close()
    const total = readUsage(usage)
    if (total !== undefined) emit({ kind: 'usage', usage: total })
    emit({ kind: 'finish', candidate: 0, finish: finishOf(stop.raw, stop.sequence, stop.details) })
    emit({ kind: 'end' })
  }
  const read = (event: Json): void => {
    switch (event['type']) {
      case 'message_start':
        return start(asObject(event['message']))
      case 'content_block_start':
        return blocks.start(asNumber(event['index']) ?? 0, asObject(event['content_block']))
      case 'content_block_delta':
        return blocks.delta(asNumber(event['index']) ?? 0, asObject(event['delta']))
      case 'content_block_stop':
        return blocks.stop(asNumber(event['index']) ?? 0)
      case 'message_delta': {
        const delta = asObject(event['delta'])
        const raw = asString(delta['stop_reason'])
        if (raw !== undefined) stop = { raw, sequence: asString(delta['stop_sequence']), details: delta['stop_details'] }
        usage = mergeUsage(usage, event['usage'])
        return
      }
      case 'message_stop':
        return close()
      case 'error':
        return fail(errorInAnswer(event))
      case 'ping':
        return emit({ kind: 'ping' })
      default:
        return
    }
  }
  return {
    frame({ data }: SseFrame) {
      if (closed || data.trim() === '[DONE]') return
      const parsed = parseJson(data)
      if (!parsed.ok) return emit({ kind: 'skipped' })
      const event = asObject(parsed.value)
      if (event['type'] === undefined && event['error'] !== undefined) return fail(errorInAnswer(event))
      read(event)
    },
    end: close,
  }
}
