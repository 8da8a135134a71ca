import type { Emit } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import type { SseFrame } from '#framing/sse-parse.ts'
import { asArray, asNumber, asObject, asString, isObject, parseJson } from '#lib/json.ts'
import type { DecodeContext, FrameDecoder } from '../dialect.ts'
import { errorInAnswer } from './error.ts'
import { isFault } from './finish.ts'
import { type ChoiceDecoder, decodeChoice } from './stream-choice.ts'
import { readUsage } from './usage.ts'

/** Provider → canonical, a stream. Tolerant of all that servers with this API do (docs/translation.md). */
export function decodeStream(emit: Emit, context: DecodeContext): FrameDecoder {
  const choices = new Map<number, ChoiceDecoder>()
  let started = false
  let closed = false

  const fail = (failure: ReturnType<typeof errorInAnswer>): void => {
    closed = true
    emit({ kind: 'failure', failure: started ? { ...failure, phase: 'stream' } : failure })
  }
  const choiceAt = (index: number): ChoiceDecoder => {
    const known = choices.get(index)
    if (known !== undefined) return known
    const made = decodeChoice(index, emit, context)
    choices.set(index, made)
    return made
  }
  const readChunk = (chunk: Json): void => {
    const usage = readUsage(chunk['usage'], context.target.quirks.chat) ?? readUsage(asObject(chunk['x_groq'])['usage'], context.target.quirks.chat)
    const entries = asArray(chunk['choices']).map(asObject)
    if (!started && (entries.length > 0 || usage !== undefined)) {
      started = true
      emit({ kind: 'start', id: asString(chunk['id']) ?? '', model: asString(chunk['model']) || context.target.model, created: asNumber(chunk['created']) ?? 0 })
    }
    for (const entry of entries) {
      const raw = asString(entry['finish_reason'])
      if (raw !== undefined && isFault(raw)) return fail({ kind: 'server', phase: 'stream', code: raw, message: `the provider broke off: ${raw}` })
      choiceAt(asNumber(entry['index']) ?? 0).read(entry)
    }
    if (usage !== undefined) emit({ kind: 'usage', usage })
  }
  /** `inferred`: the stream said that it is over, without a reason; what it had is taken as the answer. */
  const close = (inferred: boolean): void => {
    if (closed) return
    const open = [...choices.values()]
    const missing = open.some((choice) => !choice.finished())
    const lax = inferred && context.target.quirks.chat?.laxFinish !== false && open.some((choice) => choice.hasContent())
    if (!started || open.length === 0) return fail({ kind: 'malformed', phase: 'first_token', message: 'the stream ended without an answer' })
    if (missing && !lax) return fail({ kind: 'network', phase: 'stream', message: 'the stream ended without a finish reason' })
    closed = true
    for (const choice of open) choice.close()
    emit({ kind: 'end' })
  }
  return {
    frame({ data, event }: SseFrame) {
      if (closed) return
      if (data.trim() === '[DONE]') return close(true)
      const parsed = parseJson(data)
      // One broken event in an otherwise sound stream is skipped; without a sound end the stream fails anyway.
      if (!parsed.ok) return emit({ kind: 'skipped' })
      const chunk = asObject(parsed.value)
      if (event === 'error' || isError(chunk)) return fail(errorInAnswer(chunk['error'] ?? chunk))
      readChunk(chunk)
    },
    end: () => close(false),
  }
}

function isError(chunk: Json): boolean {
  const { error } = chunk
  return isObject(error) || (typeof error === 'string' && error !== '') || chunk['object'] === 'error'
}
