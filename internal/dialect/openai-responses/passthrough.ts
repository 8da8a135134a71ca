import type { Json, Request } from '#canonical/request.ts'
import type { SseFrame } from '#framing/sse-parse.ts'
import { eventFrame } from '#framing/sse-write.ts'
import type { Encoded, EncodeTarget, Passthrough } from '../dialect.ts'

/** The body as it came; only the model's name is the target's. */
function encodeRequest({ raw }: Request, { model }: EncodeTarget): Encoded {
  const body: Json = { ...raw, model }
  return { path: '/responses', headers: {}, body, losses: [] }
}

/** Every event passes with its name. OpenAI's own stream has no `[DONE]`; its SDK would take one, others would choke on it. */
function frame({ event, data }: SseFrame): string {
  if (data.trim() === '[DONE]') return ''
  return eventFrame(event === '' ? typeIn(data) : event, data)
}

/** The event's type by its text: parsing whole frames only for their name would cost more than the rest of the way. */
function typeIn(data: string): string {
  return /"type"\s*:\s*"((?:response\.|error|keepalive)[a-z_.]*)"/.exec(data)?.[1] ?? 'message'
}

export const passthrough: Passthrough = { encodeRequest, frame }
