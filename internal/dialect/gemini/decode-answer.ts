import type { Answer, AnswerEvent } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import { asArray, asObject, asString, isObject } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'
import type { DecodeContext } from '../dialect.ts'
import { decodeChunks } from './chunks.ts'
import { fold } from './fold.ts'

/** Gemini → canonical, a whole answer; a JSON array of chunks (`streamGenerateContent` without `alt=sse`) is one, too. */
export function decodeAnswer(body: unknown, context: DecodeContext): Result<Answer, Failure> {
  const chunks = (Array.isArray(body) ? asArray(body) : [body]).filter(isObject)
  if (chunks.length === 0) return err({ kind: 'malformed', phase: 'body', message: 'the answer is not a JSON object' })
  const events: AnswerEvent[] = []
  const decoder = decodeChunks((event) => events.push(event), context)
  for (const chunk of chunks) decoder.read(chunk)
  decoder.end(!Array.isArray(body))
  const folded = fold(events)
  const tier = asString(asObject(chunks.at(-1)?.['usageMetadata'])['serviceTier'])
  return folded.ok && tier !== undefined ? ok({ ...folded.value, tier }) : folded
}
