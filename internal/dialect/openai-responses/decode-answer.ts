import type { Answer } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { Json } from '#canonical/request.ts'
import { asArray, asNumber, asObject, asString, compact, entryOf, isObject } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'
import type { DecodeContext } from '../dialect.ts'
import { errorInAnswer } from '../openai-error.ts'
import { decodeItem } from './decode-item.ts'
import { finishOf } from './finish.ts'
import { readUsage } from './usage.ts'

/** Provider → canonical, a whole answer. */
export function decodeAnswer(body: unknown, context: DecodeContext): Result<Answer, Failure> {
  if (!isObject(body)) return err(malformed('the answer is not a JSON object'))
  const failure = failureIn(body) ?? unfinished(body, context)
  if (failure !== undefined) return err({ ...failure, phase: 'body' })
  if (!Array.isArray(body['output'])) return err(malformed('the answer has no output'))
  const items = asArray(body['output']).map(asObject)
  const parts = items.flatMap((item) => decodeItem(item, context))
  if (parts.length === 0 && body['status'] === undefined) return err(malformed('the answer has neither content nor a status'))
  const called = parts.some((part) => part.kind === 'tool_call')
  const refused = parts.some((part) => part.kind === 'refusal')
  const logprobs = logprobsIn(items)
  return ok({
    id: asString(body['id']) ?? '',
    model: asString(body['model']) || context.target.model,
    created: asNumber(body['created_at']) ?? 0,
    candidates: [{ index: 0, parts, finish: finishOf(body, called, refused), ...compact({ logprobs }) }],
    ...compact({ usage: readUsage(body['usage']), tier: asString(body['service_tier']) }),
  })
}

function malformed(message: string): Failure {
  return { kind: 'malformed', phase: 'body', message }
}

/** Why a response object is no answer: its error, or a status that has none. */
export function failureIn(response: Json): Failure | undefined {
  const { error, status } = response
  if (error !== undefined && error !== null) return errorInAnswer(ofResponse(error))
  if (response['object'] === 'error') return errorInAnswer(response)
  if (status !== 'failed' && status !== 'cancelled') return undefined
  return { kind: 'server', phase: 'body', code: status, message: `the provider says: ${status}` }
}

/** Only who asks for an answer in the background is content with one that is still to come. */
function unfinished({ status }: Json, { request }: DecodeContext): Failure | undefined {
  if ((status !== 'queued' && status !== 'in_progress') || request.state?.background === true) return undefined
  return malformed(`the answer is unfinished: ${status}`)
}

/** Codes of a response object stand for the HTTP status that came too early to tell it. */
export function ofResponse(error: unknown): unknown {
  const given = asObject(error)
  const status = entryOf(statusOf, asString(given['code']) ?? '') ?? entryOf(statusOf, asString(given['type']) ?? '')
  return status === undefined ? error : { ...given, status_code: status }
}

const statusOf: Readonly<Record<string, number>> = {
  rate_limit_exceeded: 429,
  insufficient_quota: 429,
  invalid_prompt: 400,
  context_length_exceeded: 400,
  bio_policy: 400,
  cyber_policy: 400,
  invalid_image: 400,
  image_too_large: 400,
  vector_store_timeout: 504,
  server_is_overloaded: 503,
  slow_down: 503,
  invalid_request_error: 400,
  rate_limit_error: 429,
}

/** Tokens of all texts, in the form of Chat Completions, which both of OpenAI's dialects read. */
function logprobsIn(items: readonly Json[]): unknown {
  const content = items
    .flatMap((item) => asArray(item['content']))
    .map(asObject)
    .flatMap((part) => asArray(part['logprobs']))
  return content.length === 0 ? undefined : { content, refusal: null }
}
