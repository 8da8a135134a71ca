import type { AnswerEvent, Emit } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { Citation, Json } from '#canonical/request.ts'
import type { SseFrame } from '#framing/sse-parse.ts'
import { asArray, asNumber, asObject, asString, isObject, parseJson } from '#lib/json.ts'
import { decodeAlike } from '../alike.ts'
import type { DecodeContext, FrameDecoder } from '../dialect.ts'
import { readSources } from './answer-content.ts'
import { errorInAnswer, findError } from './error.ts'
import { faultOf } from './finish.ts'
import { type ChoiceDecoder, decodeChoice } from './stream-choice.ts'
import { findUsage } from './usage.ts'

/** Provider → canonical, a stream. Tolerant of all that servers with this API have been seen to do. */
export function decodeStream(emit: Emit, context: DecodeContext): FrameDecoder {
  // Tags in the text change what the text is.
  if (context.target.quirks.chat?.thinkTags === true) return decodeFrames(emit, context)
  return decodeAlike((tell) => decodeFrames(tell, context), emit)
}

function decodeFrames(emit: Emit, context: DecodeContext): FrameDecoder {
  const chunks = decodeChunks(emit, context)
  let closed = false
  let corrected: Json | undefined

  const close = (ending: 'done' | 'bytes'): void => {
    closed = true
    chunks.close(ending)
  }
  const fail = (failure: Failure): void => {
    closed = true
    emit({ kind: 'failure', failure: chunks.started() ? failure : { ...failure, phase: 'first_token' } })
  }
  return {
    frame({ data, event }: SseFrame) {
      corrected = undefined
      if (closed || data === '') return
      if (data.trim() === '[DONE]') return close('done')
      const parsed = parseJson(data)
      // One broken event in an otherwise sound stream is skipped; without a sound end the stream fails anyway.
      if (!parsed.ok || !isObject(parsed.value)) return emit({ kind: 'skipped' })
      const failure = failureIn(parsed.value, event) ?? chunks.read(parsed.value)
      if (failure !== undefined) fail(failure)
      else corrected = chunks.corrected(parsed.value)
    },
    corrected: () => (corrected === undefined ? undefined : JSON.stringify(corrected)),
    end() {
      if (!closed) close('bytes')
    },
  }
}

function failureIn(chunk: Json, event: string): Failure | undefined {
  const error = findError(chunk) ?? (event === 'error' ? chunk : undefined)
  return error === undefined ? undefined : errorInAnswer(error, 'stream')
}

type ChunksDecoder = {
  /** Reads a chunk; gives the failure that it tells of. */
  readonly read: (chunk: Json) => Failure | undefined
  /** The chunk that was read last, with its entries as a client may have them; undefined when it may have it as it came. */
  readonly corrected: (chunk: Json) => Json | undefined
  readonly started: () => boolean
  readonly close: (ending: 'done' | 'bytes') => void
}

function decodeChunks(emit: Emit, context: DecodeContext): ChunksDecoder {
  const choices = new Map<number, ChoiceDecoder>()
  let sources: readonly Citation[] = []
  let told = 0
  let shown: readonly Json[] | undefined
  const count = (event: AnswerEvent): void => {
    told++
    emit(event)
  }
  const choiceAt = (index: number): ChoiceDecoder => {
    const known = choices.get(index)
    if (known !== undefined) return known
    const made = decodeChoice(index, count, context)
    choices.set(index, made)
    return made
  }
  const readEntries = (entries: readonly Json[]): Failure | undefined => {
    shown = undefined
    for (const [at, entry] of entries.entries()) {
      const fault = faultIn(entry)
      if (fault !== undefined) return fault
      const given = choiceAt(asNumber(entry['index']) ?? 0).read(entry)
      if (given !== entry) shown = (shown ?? entries).with(at, given)
    }
    return undefined
  }
  return {
    read(chunk) {
      const before = told
      const usage = findUsage(chunk, context.target.quirks.chat)
      const entries = asArray(chunk['choices']).map(asObject)
      // Azure begins with a chunk about its filters, which has neither.
      if (told === 0 && (entries.length > 0 || usage !== undefined)) count(startOf(chunk, context))
      const fault = readEntries(entries)
      if (fault !== undefined) return fault
      if ('citations' in chunk || 'search_results' in chunk) sources = readSources(chunk)
      if (usage !== undefined) count({ kind: 'usage', usage })
      if (told === before && told > 0) emit({ kind: 'ping' })
      return undefined
    },
    corrected: (chunk) => (shown === undefined ? undefined : { ...chunk, choices: shown }),
    started: () => told > 0,
    close(ending) {
      const failure = missingEnd([...choices.values()], ending, context)
      if (failure !== undefined) return emit({ kind: 'failure', failure })
      for (const choice of choices.values()) choice.close(sources)
      emit({ kind: 'end' })
    },
  }
}

function startOf(chunk: Json, { target }: DecodeContext): AnswerEvent {
  const model = asString(chunk['model']) || target.model
  return { kind: 'start', id: asString(chunk['id']) ?? '', model, created: asNumber(chunk['created']) ?? 0 }
}

/** OpenRouter puts what its upstream said into the choice. */
function faultIn(entry: Json): Failure | undefined {
  if (isObject(entry['error'])) return errorInAnswer(entry['error'], 'stream')
  return faultOf(asString(entry['finish_reason']), 'stream')
}

/** Why the end of the stream is not that of an answer. */
function missingEnd(choices: readonly ChoiceDecoder[], ending: 'done' | 'bytes', { target }: DecodeContext): Failure | undefined {
  if (choices.length > 0 && choices.every((choice) => choice.finished())) return undefined
  const hasContent = choices.some((choice) => choice.hasContent())
  // The stream said that it is over, though not why; what it had is taken as the answer.
  if (ending === 'done' && hasContent && target.quirks.chat?.laxFinish !== false) return undefined
  if (choices.length === 0 || (ending === 'done' && !hasContent)) {
    return { kind: 'malformed', phase: 'first_token', message: 'the stream ended without an answer' }
  }
  return { kind: 'network', phase: 'stream', message: 'the stream ended without a finish reason' }
}
