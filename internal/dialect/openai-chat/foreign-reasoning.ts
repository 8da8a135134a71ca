import type { Json } from '#canonical/request.ts'
import { asArray, asObject, isObject } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'
import { ourType } from './reasoning-details.ts'

/**
 * A client's own body without what other vendors signed in turns that they answered: our entries of `reasoning_details`, and
 * Google's signatures of calls where no model of Google can be. All else stays as it came, down to the same objects.
 */
export function withoutForeignReasoning(body: Json, { quirks }: EncodeTarget): Json {
  const keepsGoogles = quirks.chat?.gateway === true || quirks.vendor === 'gemini'
  const messages = asArray(body['messages'])
  const mended = messages.map((message) => (isObject(message) ? mend(message, keepsGoogles) : message))
  return mended.every((message, at) => message === messages[at]) ? body : { ...body, messages: mended }
}

function mend(message: Json, keepsGoogles: boolean): Json {
  if (message['role'] !== 'assistant') return message
  const plain = withoutOurDetails(message)
  return keepsGoogles ? plain : withoutGoogles(plain)
}

function withoutOurDetails(message: Json): Json {
  const details = asArray(message['reasoning_details'])
  const kept = details.filter((detail) => asObject(detail)['type'] !== ourType)
  if (kept.length === details.length) return message
  const { reasoning_details: _details, ...rest } = message
  return kept.length === 0 ? rest : { ...rest, reasoning_details: kept }
}

function withoutGoogles(message: Json): Json {
  const calls = asArray(message['tool_calls'])
  const mended = calls.map((call) => (isObject(call) ? withoutGoogle(call) : call))
  const own = withoutGoogle(message)
  return mended.every((call, at) => call === calls[at]) ? own : { ...own, tool_calls: mended }
}

function withoutGoogle(carrier: Json): Json {
  if (!isObject(carrier['extra_content']) || carrier['extra_content']['google'] === undefined) return carrier
  const { google: _google, ...others } = carrier['extra_content']
  const { extra_content: _extra, ...rest } = carrier
  return Object.keys(others).length === 0 ? rest : { ...rest, extra_content: others }
}
