import type { Json, Opaque, Request } from '#canonical/request.ts'
import type { SseFrame } from '#framing/sse-parse.ts'
import { eventFrame } from '#framing/sse-write.ts'
import { asArray, asObject, asString, compact, isObject, parseJson } from '#lib/json.ts'
import type { Encoded, EncodeTarget, Passthrough } from '../dialect.ts'
import { packOpaque, unpackOpaque } from '../opaque.ts'

/** The body as it came; the model's name is the target's, and reasoning that we packed is what it was, or is left out. */
function encodeRequest({ raw }: Request, { model, quirks }: EncodeTarget): Encoded {
  const { input } = raw
  const isForeign = (item: unknown): boolean => isPacked(item) || (quirks.vendor !== plainVendor && isEncrypted(item))
  const body: Json =
    Array.isArray(input) && input.some(isForeign)
      ? { ...raw, model, input: asArray(input).flatMap((item) => unpacked(item, quirks.vendor)) }
      : { ...raw, model }
  return { path: '/responses', headers: {}, body, losses: [] }
}

/** Whose encrypted reasoning clients hold as it came; any other's is packed with its maker's name. */
const plainVendor = 'openai'

function encryptedIn(item: unknown): string | undefined {
  return isObject(item) && item['type'] === 'reasoning' ? asString(item['encrypted_content']) : undefined
}

function isEncrypted(item: unknown): boolean {
  return encryptedIn(item) !== undefined
}

function packedIn(item: unknown): readonly Opaque[] | undefined {
  const encrypted = encryptedIn(item)
  return encrypted === undefined ? undefined : unpackOpaque(encrypted)
}

function isPacked(item: unknown): boolean {
  return packedIn(item) !== undefined
}

/** Reasoning of an earlier turn that another vendor made means nothing to this one. */
function unpacked(item: unknown, vendor: string): readonly unknown[] {
  const opaque = packedIn(item)
  if (opaque === undefined) return vendor !== plainVendor && isEncrypted(item) ? [] : [item]
  const { id: _id, ...rest } = asObject(item)
  return opaque
    .filter((entry) => entry.vendor === vendor && entry.kind === 'encrypted')
    .map((entry) => compact({ ...rest, id: entry.itemId, encrypted_content: entry.data }))
}

/** Every event passes with its name. OpenAI's own stream has no `[DONE]`; its SDK would take one, others would choke on it. */
function frame({ event, data }: SseFrame, _request: Request, { quirks }: EncodeTarget): string {
  if (data.trim() === '[DONE]') return ''
  const marked = quirks.vendor !== plainVendor && mayHold.test(data) ? markedFrame(data, quirks.vendor) : data
  return eventFrame(event === '' ? typeIn(data) : event, marked.replaceAll('\n', ' '))
}

// Parsed only where it may hold some: this runs for every frame that passes.
const mayHold = /"encrypted_content"\s*:\s*"/

/** An item stands in the event itself, or in the response that it tells of. */
function markedFrame(data: string, vendor: string): string {
  const parsed = parseJson(data)
  if (!parsed.ok || !isObject(parsed.value)) return data
  const { item, response } = parsed.value
  return JSON.stringify({
    ...parsed.value,
    ...(item === undefined ? {} : { item: markItem(item, vendor) }),
    ...(isObject(response) ? { response: markResponse(response, vendor) } : {}),
  })
}

function markResponse(response: Json, vendor: string): Json {
  const { output } = response
  return Array.isArray(output) ? { ...response, output: asArray(output).map((item) => markItem(item, vendor)) } : response
}

/** With its maker's name, so that it comes back to nobody else. */
function markItem(item: unknown, vendor: string): unknown {
  const data = encryptedIn(item)
  if (data === undefined || data === '') return item
  const itemId = asString(asObject(item)['id'])
  const opaque: Opaque = { vendor, kind: 'encrypted', data, ...(itemId === undefined ? {} : { itemId }) }
  return { ...asObject(item), encrypted_content: packOpaque([opaque]) }
}

function answer(body: Json, _request: Request, { quirks }: EncodeTarget): Json | undefined {
  return quirks.vendor === plainVendor ? undefined : markResponse(body, quirks.vendor)
}

/** The event's type by its text: parsing whole frames only for their name would cost more than the rest of the way. */
function typeIn(data: string): string {
  return /"type"\s*:\s*"((?:response\.|error|keepalive)[a-z_.]*)"/.exec(data)?.[1] ?? 'message'
}

export const passthrough: Passthrough = { encodeRequest, frame, answer }
