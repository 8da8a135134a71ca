import type { Json, Opaque, ReasoningPart } from '#canonical/request.ts'
import { asArray, asNumber, asObject, asString, compact, isObject } from '#lib/json.ts'

/**
 * What a piece of opaque data belongs to: a stretch of the message's `reasoning_content` (in UTF-16 units), or its text.
 * A signature is only good for the very reasoning it was made for, and a client has one string for all of it.
 */
export type DetailPlace = { readonly start: number; readonly end: number } | 'text'

// OpenRouter made the field, and wants its own entries back as they were.
const detailsVendor = 'openrouter'
/** The type of our own entries. */
export const ourType = 'outrigger'

/** Opaque data of any vendor as an entry of `reasoning_details`, through a client that has no other place for it. */
export function writeDetail(opaque: Opaque, place: DetailPlace): Json {
  if (opaque.vendor === detailsVendor && opaque.kind === 'details' && isObject(opaque.data)) return opaque.data
  return compact({
    type: ourType,
    vendor: opaque.vendor,
    kind: opaque.kind,
    data: opaque.data,
    item_id: opaque.itemId,
    ...(place === 'text' ? { part: 'text' } : place),
  })
}

/** Reasoning of an earlier turn as a client sends it back, and the opaque data of its text. */
export type MessageReasoning = { readonly parts: readonly ReasoningPart[]; readonly textOpaque: readonly Opaque[] }

/** Reads `reasoning_content`, `reasoning` and `reasoning_details` of an assistant's message. */
export function readMessageReasoning(message: Json): MessageReasoning {
  const details = asArray(message['reasoning_details']).map(asObject)
  const text = asString(message['reasoning_content']) ?? asString(message['reasoning']) ?? textOfDetails(details)
  const textOpaque: Opaque[] = []
  const loose: Opaque[] = []
  const ranges = new Map<number, { readonly end: number; readonly opaque: Opaque[] }>()
  for (const detail of details) {
    const opaque = readOpaque(detail)
    const start = asNumber(detail['start'])
    const end = asNumber(detail['end'])
    if (detail['part'] === 'text') textOpaque.push(opaque)
    else if (opaque.kind === 'details' || start === undefined || end === undefined) loose.push(opaque)
    else {
      const range = ranges.get(start) ?? { end, opaque: [] }
      range.opaque.push(opaque)
      ranges.set(start, range)
    }
  }
  const parts = partsOf(text, ranges)
  if (loose.length === 0) return { parts, textOpaque }
  const [first, ...rest] = parts
  const owner: ReasoningPart = first === undefined ? { kind: 'reasoning', text: '' } : first
  return { parts: [{ ...owner, opaque: [...loose, ...(owner.opaque ?? [])] }, ...rest], textOpaque }
}

/** Cuts the reasoning where its signatures say that its pieces lie; what none covers is a piece without one. */
function partsOf(
  text: string,
  ranges: ReadonlyMap<number, { readonly end: number; readonly opaque: readonly Opaque[] }>,
): readonly ReasoningPart[] {
  const parts: ReasoningPart[] = []
  let at = 0
  for (const [start, { end, opaque }] of [...ranges].sort(([left], [right]) => left - right)) {
    if (start > at) parts.push({ kind: 'reasoning', text: text.slice(at, start) })
    parts.push({ kind: 'reasoning', text: text.slice(start, end), opaque })
    at = Math.max(at, end)
  }
  if (at < text.length) parts.push({ kind: 'reasoning', text: text.slice(at) })
  return parts.filter((part) => part.text !== '' || part.opaque !== undefined)
}

const kinds = ['signature', 'encrypted', 'redacted', 'details'] as const

function readOpaque(detail: Json): Opaque {
  const kind = kinds.find((known) => known === detail['kind'])
  const vendor = asString(detail['vendor'])
  if (detail['type'] !== ourType || kind === undefined || vendor === undefined) {
    return { vendor: detailsVendor, kind: 'details', data: detail }
  }
  const itemId = asString(detail['item_id'])
  return { vendor, kind, data: detail['data'], ...(itemId === undefined ? {} : { itemId }) }
}

/** The readable part of OpenRouter's details: texts and summaries. */
export function textOfDetails(details: readonly Json[]): string {
  return details.map((detail) => asString(detail['text']) ?? asString(detail['summary']) ?? '').join('')
}

/** A provider's own `reasoning_details`, kept as they came. */
export function detailsOpaque(details: readonly unknown[], vendor: string): readonly Opaque[] {
  return details.map((data) => ({ vendor, kind: 'details', data }))
}

/** Google's spelling of a thought signature in this API: on the call, at older models on the message. */
export function googleSignature(carrier: Json): readonly Opaque[] | undefined {
  const signature = asString(asObject(asObject(carrier['extra_content'])['google'])['thought_signature'])
  return signature === undefined ? undefined : [{ vendor: 'gemini', kind: 'signature', data: signature }]
}

/** The signature of a tool call, in the same spelling. */
export function extraContent(opaque: readonly Opaque[] | undefined): Json | undefined {
  const signature = opaque?.find((entry) => entry.vendor === 'gemini' && entry.kind === 'signature')
  return signature === undefined ? undefined : { google: { thought_signature: signature.data } }
}
