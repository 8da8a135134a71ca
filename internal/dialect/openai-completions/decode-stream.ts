import type { Emit } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import { asArray, asNumber, asObject, asString, isObject, parseJson } from '#lib/json.ts'
import { classifyError } from '../classify-error.ts'
import type { DecodeContext, FrameDecoder } from '../dialect.ts'
import { readFinish, readUsage } from './usage.ts'

type ChoiceState = { written: boolean; finished: boolean }

/** Provider → canonical, a stream: each choice is one part of text. */
export function decodeStream(emit: Emit, { target }: DecodeContext): FrameDecoder {
  const choices = new Map<number, ChoiceState>()
  let started = false
  let closed = false

  const readChoice = (choice: Json): void => {
    const candidate = asNumber(choice['index']) ?? 0
    const state = choices.get(candidate) ?? { written: false, finished: false }
    choices.set(candidate, state)
    const text = asString(choice['text']) ?? ''
    if (text !== '') {
      if (!state.written) emit({ kind: 'part_start', candidate, part: 0, type: 'text' })
      state.written = true
      emit({ kind: 'part_delta', candidate, part: 0, text })
    }
    const finish = asString(choice['finish_reason'])
    if (finish === undefined || state.finished) return
    state.finished = true
    if (state.written) emit({ kind: 'part_end', candidate, part: 0 })
    emit({ kind: 'finish', candidate, finish: readFinish(finish) })
  }
  const readChunk = (chunk: Json): void => {
    if (!started) {
      started = true
      const created = asNumber(chunk['created']) ?? 0
      emit({ kind: 'start', id: asString(chunk['id']) ?? '', model: asString(chunk['model']) ?? target.model, created })
    }
    for (const choice of asArray(chunk['choices'])) readChoice(asObject(choice))
    const usage = readUsage(chunk['usage'])
    if (usage !== undefined) emit({ kind: 'usage', usage })
  }
  const close = (): void => {
    closed = true
    if (choices.size > 0 && [...choices.values()].every(({ finished }) => finished)) return emit({ kind: 'end' })
    const phase = started ? 'stream' : 'first_token'
    emit({ kind: 'failure', failure: { kind: 'network', phase, message: 'the stream ended without a finish reason' } })
  }
  return {
    frame({ data }) {
      if (closed || data === '') return
      if (data.trim() === '[DONE]') return close()
      const parsed = parseJson(data)
      if (!parsed.ok || !isObject(parsed.value)) return emit({ kind: 'skipped' })
      const error = parsed.value['error']
      if (!isObject(error)) return readChunk(parsed.value)
      closed = true
      const message = asString(error['message']) ?? 'an error'
      const { status: _none, ...failure } = classifyError(asNumber(error['code']) ?? 500, {}, { message })
      emit({ kind: 'failure', failure: { ...failure, phase: started ? 'stream' : 'first_token' } })
    },
    end() {
      if (!closed) close()
    },
  }
}
