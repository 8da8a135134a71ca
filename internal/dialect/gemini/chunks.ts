import type { Emit } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { Json } from '#canonical/request.ts'
import { asArray, asNumber, asObject, asString, isObject } from '#lib/json.ts'
import type { DecodeContext } from '../dialect.ts'
import { type CandidateDecoder, decodeCandidate } from './candidate.ts'
import { errorInAnswer } from './error.ts'
import { reasonWord } from './finish.ts'
import { readUsage } from './usage.ts'

export type ChunksDecoder = {
  readonly read: (chunk: Json) => void
  /** `whole`: the answer was one JSON object, so that nothing can be missing at its end. */
  readonly end: (whole: boolean) => void
}

/** Chunks of an answer: each holds new parts only, and usage that is the sum so far. */
export function decodeChunks(emit: Emit, context: DecodeContext): ChunksDecoder {
  const candidates = new Map<number, CandidateDecoder>()
  let started = false
  let closed = false
  let answerId = ''
  let usage: Json = {}

  const fail = (failure: Failure): void => {
    closed = true
    emit({ kind: 'failure', failure: started ? { ...failure, phase: 'stream' } : failure })
  }
  const candidateAt = (index: number): CandidateDecoder => {
    const known = candidates.get(index)
    if (known !== undefined) return known
    const made = decodeCandidate({ candidate: index, emit, context, answerId: () => answerId })
    candidates.set(index, made)
    return made
  }
  const start = (chunk: Json): void => {
    if (started) return
    started = true
    const created = Date.parse(asString(chunk['createTime']) ?? '')
    answerId = asString(chunk['responseId']) ?? ''
    emit({
      kind: 'start',
      id: answerId,
      model: asString(chunk['modelVersion']) ?? context.target.model,
      created: Number.isNaN(created) ? 0 : Math.floor(created / 1000),
    })
  }
  const readSound = (chunk: Json): void => {
    if (isObject(chunk['usageMetadata'])) usage = { ...usage, ...chunk['usageMetadata'] }
    const entries = asArray(chunk['candidates']).filter(isObject)
    const blocked = reasonWord(asObject(chunk['promptFeedback'])['blockReason'])
    if (entries.length > 0 || blocked !== undefined) start(chunk)
    for (const entry of entries) candidateAt(asNumber(entry['index']) ?? 0).read(entry)
    if (blocked !== undefined && candidates.size === 0) candidateAt(0).block(blocked)
    // A chunk without content is a sign of life.
    if (started && !entries.some((entry) => isObject(entry['content']))) emit({ kind: 'ping' })
  }
  const isComplete = (candidate: CandidateDecoder, whole: boolean): boolean =>
    candidate.finished() || (whole && candidate.hasParts())

  return {
    read(chunk) {
      if (closed) return
      if (isObject(chunk['error'])) return fail(errorInAnswer(chunk['error']))
      readSound(chunk)
    },
    end(whole) {
      if (closed) return
      if (!started) return fail({ kind: 'malformed', phase: 'first_token', message: 'the answer has no candidates' })
      const open = [...candidates.values()]
      if (!open.every((candidate) => isComplete(candidate, whole))) return fail(whole ? withoutContent : cutOff)
      closed = true
      for (const candidate of open) candidate.close()
      const total = readUsage(usage)
      if (total !== undefined) emit({ kind: 'usage', usage: total })
      emit({ kind: 'end' })
    },
  }
}

const cutOff: Failure = { kind: 'network', phase: 'stream', message: 'the stream ended without a finish reason' }
const withoutContent: Failure = {
  kind: 'malformed',
  phase: 'body',
  message: 'the answer has neither content nor a finish reason',
}
