import type { Emit } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { Json } from '#canonical/request.ts'
import { asArray, asNumber, asObject, asString, isObject } from '#lib/json.ts'
import type { DecodeContext } from '../dialect.ts'
import { type CandidateDecoder, decodeCandidate } from './candidate.ts'
import { errorInAnswer } from './error.ts'
import { readUsage } from './usage.ts'

export type ChunksDecoder = { readonly read: (chunk: Json) => void; readonly end: () => void }

/** Chunks of an answer: each holds new parts only, and usage that is the sum so far. */
export function decodeChunks(emit: Emit, context: DecodeContext): ChunksDecoder {
  const candidates = new Map<number, CandidateDecoder>()
  let started = false
  let closed = false
  let blocked: string | undefined
  let usage: Json = {}

  const fail = (failure: Failure): void => {
    closed = true
    emit({ kind: 'failure', failure: started ? { ...failure, phase: 'stream' } : failure })
  }
  const candidateAt = (index: number): CandidateDecoder => {
    const known = candidates.get(index)
    if (known !== undefined) return known
    const made = decodeCandidate(index, emit, context)
    candidates.set(index, made)
    return made
  }
  const start = (chunk: Json): void => {
    if (started) return
    started = true
    const created = Date.parse(asString(chunk['createTime']) ?? '')
    emit({
      kind: 'start',
      id: asString(chunk['responseId']) ?? '',
      model: asString(chunk['modelVersion']) ?? context.target.model,
      created: Number.isNaN(created) ? 0 : Math.floor(created / 1000),
    })
  }
  const finishBlocked = (): void => {
    candidateAt(0).finish(blocked ?? 'SAFETY')
  }
  const readSound = (chunk: Json): void => {
    if (isObject(chunk['usageMetadata'])) usage = { ...usage, ...chunk['usageMetadata'] }
    const entries = asArray(chunk['candidates']).map(asObject)
    blocked = asString(asObject(chunk['promptFeedback'])['blockReason']) ?? blocked
    if (entries.length > 0 || blocked !== undefined) start(chunk)
    for (const entry of entries) candidateAt(asNumber(entry['index']) ?? 0).read(entry)
    if (entries.length === 0 && started) emit({ kind: 'ping' })
  }
  return {
    read(chunk) {
      if (closed) return
      if (isObject(chunk['error'])) return fail(errorInAnswer(chunk['error']))
      readSound(chunk)
    },
    end() {
      if (closed) return
      if (!started) return fail({ kind: 'malformed', phase: 'first_token', message: 'the answer has no candidates' })
      if (candidates.size === 0) finishBlocked()
      const open = [...candidates.values()]
      if (open.some((candidate) => !candidate.finished()))
        return fail({ kind: 'network', phase: 'stream', message: 'the stream ended without a finish reason' })
      closed = true
      const total = readUsage(usage)
      for (const candidate of open) candidate.close()
      if (total !== undefined) emit({ kind: 'usage', usage: total })
      emit({ kind: 'end' })
    },
  }
}
