import type { Request } from '#canonical/request.ts'
import type { SseFrame } from '#framing/sse-parse.ts'
import { dataFrame, eventFrame } from '#framing/sse-write.ts'
import { asObject } from '#lib/json.ts'
import type { Encoded, EncodeTarget, Passthrough } from '../dialect.ts'

/** The client's own body with the target's model; a stream is also asked for its usage, which accounting needs. */
function encodeRequest(request: Request, { model, quirks }: EncodeTarget): Encoded {
  const options = request.stream && quirks.chat?.streamOptions !== false ? { stream_options: { ...asObject(request.raw['stream_options']), include_usage: true } } : {}
  const { models: _models, provider: _provider, ...raw } = request.raw
  // OpenRouter's routing fields were for us, unless OpenRouter is who is asked.
  const body = quirks.vendor === 'openrouter' ? request.raw : raw
  return { path: '/chat/completions', headers: {}, body: { ...body, ...options, model }, losses: [] }
}

/** Everything passes, but for the usage chunk that only we asked for. */
function frame({ event, data }: SseFrame, request: Request): string {
  if (request.includeUsage !== true && data.includes('"choices":[]') && data.includes('"usage":{')) return ''
  return event === '' ? dataFrame(data) : eventFrame(event, data)
}

export const passthrough: Passthrough = { encodeRequest, frame }
