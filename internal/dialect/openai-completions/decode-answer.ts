import type { Answer, Candidate } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import { asArray, asNumber, asObject, asString, compact, isObject } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'
import type { DecodeContext } from '../dialect.ts'
import { readFinish, readUsage } from './usage.ts'

/** Provider → canonical, a whole answer. */
export function decodeAnswer(body: unknown, { target }: DecodeContext): Result<Answer, Failure> {
  if (!isObject(body)) return err(malformed('the answer is not a JSON object'))
  const choices = asArray(body['choices']).map(asObject)
  if (choices.length === 0) return err(malformed(asString(asObject(body['error'])['message']) ?? 'the answer has no choices'))
  const candidates = choices.map((choice, at): Candidate => {
    const text = asString(choice['text']) ?? ''
    return compact({
      index: asNumber(choice['index']) ?? at,
      parts: text === '' ? [] : [{ kind: 'text' as const, text }],
      finish: readFinish(asString(choice['finish_reason'])),
      logprobs: choice['logprobs'] ?? undefined,
    })
  })
  return ok(
    compact({
      id: asString(body['id']) ?? '',
      model: asString(body['model']) ?? target.model,
      created: asNumber(body['created']) ?? 0,
      candidates,
      usage: readUsage(body['usage']),
    }),
  )
}

function malformed(message: string): Failure {
  return { kind: 'malformed', phase: 'body', message }
}
