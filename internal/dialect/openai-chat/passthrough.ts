import type { Loss } from '#canonical/loss.ts'
import type { Json, Request } from '#canonical/request.ts'
import type { SseFrame } from '#framing/sse-parse.ts'
import { dataFrame, eventFrame } from '#framing/sse-write.ts'
import { asArray, asObject, fieldsThat, isObject, parseJson } from '#lib/json.ts'
import type { Encoded, EncodeTarget, Passthrough } from '../dialect.ts'
import { usageOption } from './encode-request.ts'
import { withoutForeignReasoning } from './foreign-reasoning.ts'
import { takenFormat, writeFormat } from './output.ts'
import { withoutRejected, writeSampling } from './params.ts'

/**
 * The client's own body with the target's model; a stream is also asked for its usage, which accounting needs. Only what the
 * provider or model is known to refuse is corrected, as it is for every other client.
 */
function encodeRequest(request: Request, target: EncodeTarget): Encoded {
  const own = withoutForeignReasoning(withoutRouting(request.raw, target), target)
  const fitted = fitFormat(withKnownRoles(withLimit(own, target), target), request, target)
  const refused = refusedSampling(fitted.body, request, target)
  const sent = refused.length === 0 ? fitted.body : without(fitted.body, new Set(refused.map(({ field }) => field)))
  const { kept, losses } = withoutRejected(sent, target)
  const { model } = target
  return {
    path: '/chat/completions',
    headers: noHeaders,
    body: request.stream ? { ...kept, ...streamOptions(request, target), model } : { ...kept, model },
    losses: [...fitted.losses, ...refused, ...losses],
  }
}

const noHeaders = {}

function streamOptions(request: Request, target: EncodeTarget): Json {
  const option = usageOption(target).stream_options
  if (option === undefined) return {}
  return { stream_options: { ...asObject(request.raw['stream_options']), ...option } }
}

function without(body: Json, fields: ReadonlySet<string>): Json {
  if (fields.size === 0) return body
  return fieldsThat(body, (name) => !fields.has(name))
}

/** OpenRouter's fields for choosing a provider were for the relay, unless OpenRouter is who is asked. */
function withoutRouting(raw: Json, { quirks }: EncodeTarget): Json {
  if (quirks.vendor === 'openrouter' || !('models' in raw || 'provider' in raw)) return raw
  const { models: _models, provider: _provider, ...body } = raw
  return body
}

/** Reasoning models of OpenAI refuse the old name of the limit. */
function withLimit(body: Json, { quirks, traits }: EncodeTarget): Json {
  const refused = quirks.chat?.maxTokensField === 'max_completion_tokens' && traits.reasoning.kind !== 'none'
  const { max_tokens: limit } = body
  if (!refused || limit === undefined || limit === null) return body
  const { max_tokens: _limit, ...rest } = body
  return { ...rest, max_completion_tokens: body['max_completion_tokens'] ?? limit }
}

/** `developer` is known at OpenAI only. */
function withKnownRoles(body: Json, { quirks }: EncodeTarget): Json {
  if (quirks.chat?.systemRole === 'developer') return body
  const messages = asArray(body['messages']).map(asObject)
  if (!messages.some(({ role }) => role === 'developer')) return body
  return {
    ...body,
    messages: messages.map((message) => (message['role'] === 'developer' ? { ...message, role: 'system' } : message)),
  }
}

function fitFormat(
  body: Json,
  request: Request,
  target: EncodeTarget,
): { readonly body: Json; readonly losses: readonly Loss[] } {
  const taken = takenFormat(target)
  const { format } = request.output
  if (taken === 'both' || format === 'text' || (taken === 'json_object_only' && format === 'json')) return { body, losses: [] }
  const { fields, messages, losses } = writeFormat(request, target, asArray(body['messages']).map(asObject))
  return { body: { ...without(body, new Set(['response_format'])), ...fields, messages }, losses }
}

/**
 * Sampling that the model refuses: clients hard-code it, and the answer stays what was asked for. What changes the answer
 * (`stop`, `logprobs`) is left to the provider to refuse.
 */
function refusedSampling(body: Json, request: Request, target: EncodeTarget): readonly Loss[] {
  const { losses } = writeSampling(request.params, target, request.reasoning)
  return losses.filter(({ field, severity }) => severity === 'drop' && field in body)
}

/** Everything passes, but for the usage chunk that only we asked for. */
function frame({ event, data }: SseFrame, request: Request): string {
  if (request.includeUsage !== true && isUsageOnly(data)) return ''
  // A frame of several lines is JSON with line breaks between its tokens, which the writer cannot carry.
  const line = data.includes('\n') ? data.replaceAll('\n', ' ') : data
  return event === '' ? dataFrame(line) : eventFrame(event, line)
}

// Parsed only where it may be one: this runs for every frame that passes.
const mayBeUsage = /"choices"\s*:\s*\[\s*\]/

function isUsageOnly(data: string): boolean {
  if (!data.includes('"usage"') || !mayBeUsage.test(data)) return false
  const parsed = parseJson(data)
  return parsed.ok && isObject(parsed.value) && asArray(parsed.value['choices']).length === 0 && isObject(parsed.value['usage'])
}

export const passthrough: Passthrough = { encodeRequest, frame, closing: dataFrame('[DONE]') }
