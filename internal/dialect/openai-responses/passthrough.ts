import type { Json, Opaque, Request } from '#canonical/request.ts'
import type { SseFrame } from '#framing/sse-parse.ts'
import { eventFrame } from '#framing/sse-write.ts'
import { asArray, asObject, compact, isObject } from '#lib/json.ts'
import type { Encoded, EncodeTarget, Passthrough } from '../dialect.ts'
import { unpackOpaque } from '../opaque.ts'

/** The body as it came; the model's name is the target's, and reasoning that we packed is what it was, or is left out. */
function encodeRequest({ raw }: Request, { model, quirks }: EncodeTarget): Encoded {
  const { input } = raw
  const packed = Array.isArray(input) && input.some((item) => packedIn(item) !== undefined)
  const body: Json = packed
    ? { ...raw, model, input: asArray(input).flatMap((item) => unpacked(item, quirks.vendor)) }
    : { ...raw, model }
  return { path: '/responses', headers: {}, body, losses: [] }
}

function packedIn(item: unknown): readonly Opaque[] | undefined {
  const encrypted = isObject(item) && item['type'] === 'reasoning' ? item['encrypted_content'] : undefined
  return typeof encrypted === 'string' ? unpackOpaque(encrypted) : undefined
}

/** Reasoning of an earlier turn that another vendor made means nothing to this one. */
function unpacked(item: unknown, vendor: string): readonly unknown[] {
  const opaque = packedIn(item)
  if (opaque === undefined) return [item]
  const { id: _id, ...rest } = asObject(item)
  return opaque
    .filter((entry) => entry.vendor === vendor && entry.kind === 'encrypted')
    .map((entry) => compact({ ...rest, id: entry.itemId, encrypted_content: entry.data }))
}

/** Every event passes with its name. OpenAI's own stream has no `[DONE]`; its SDK would take one, others would choke on it. */
function frame({ event, data }: SseFrame): string {
  if (data.trim() === '[DONE]') return ''
  return eventFrame(event === '' ? typeIn(data) : event, data.replaceAll('\n', ' '))
}

/** The event's type by its text: parsing whole frames only for their name would cost more than the rest of the way. */
function typeIn(data: string): string {
  return /"type"\s*:\s*"((?:response\.|error|keepalive)[a-z_.]*)"/.exec(data)?.[1] ?? 'message'
}

export const passthrough: Passthrough = { encodeRequest, frame }
