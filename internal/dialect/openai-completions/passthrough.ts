import type { Request } from '#canonical/request.ts'
import type { SseFrame } from '#framing/sse-parse.ts'
import { dataFrame } from '#framing/sse-write.ts'
import { asArray, asObject, isObject, parseJson } from '#lib/json.ts'
import type { Encoded, EncodeTarget, Passthrough } from '../dialect.ts'

/** The client's own body with the target's model; a stream is also asked for its usage, which accounting needs. */
function encodeRequest(request: Request, { model }: EncodeTarget): Encoded {
  const options = request.stream ? { stream_options: { ...asObject(request.raw['stream_options']), include_usage: true } } : {}
  return { path: '/completions', headers: {}, body: { ...request.raw, ...options, model }, losses: [] }
}

/** Everything passes, but for the usage chunk that only we asked for. */
function frame({ data }: SseFrame, request: Request): string {
  if (request.includeUsage !== true && isUsageOnly(data)) return ''
  return dataFrame(data.replaceAll('\n', ' '))
}

function isUsageOnly(data: string): boolean {
  if (!data.includes('"usage"')) return false
  const parsed = parseJson(data)
  return parsed.ok && isObject(parsed.value) && asArray(parsed.value['choices']).length === 0 && isObject(parsed.value['usage'])
}

export const passthrough: Passthrough = { encodeRequest, frame, closing: dataFrame('[DONE]') }
