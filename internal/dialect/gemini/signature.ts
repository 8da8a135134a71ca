import type { Json, Opaque } from '#canonical/request.ts'
import { asString } from '#lib/json.ts'
import { packOpaque, unpackOpaque } from '../opaque.ts'

/** The vendor of signatures that clients hold as they came. */
const own = 'gemini'
/** What base64 of our prefix begins with, so that foreign signatures are seen without decoding them. */
const packedStart = Buffer.from(packOpaque([])).toString('base64').slice(0, 12)

/**
 * A client's `thoughtSignature`: Google's, or what another vendor gave, which we packed. It is base64 in either case: Google's
 * Python SDK holds bytes, and may write them in the URL-safe alphabet.
 */
export function readSignature(value: unknown): readonly Opaque[] | undefined {
  if (typeof value !== 'string' || value === '') return undefined
  if (!isPacked(value)) return [{ vendor: own, kind: 'signature', data: value }]
  const opaque = unpackOpaque(Buffer.from(value, 'base64').toString('utf8')) ?? []
  return opaque.length === 0 ? undefined : opaque
}

/** The signature as the target wants it back; undefined when it is another's, which would be refused. */
export function signatureFor(vendor: string, value: string): string | undefined {
  const made = readSignature(value)?.find((opaque) => opaque.vendor === vendor && opaque.kind === 'signature')
  return asString(made?.data)
}

/** A signature as a client shall keep it: the Gemini API's as it came, any other with its maker's name. */
export function signatureForClient(vendor: string, data: string): string {
  return vendor === own ? data : packed([{ vendor, kind: 'signature', data }])
}

function packed(opaque: readonly Opaque[]): string {
  return Buffer.from(packOpaque(opaque)).toString('base64')
}

function isPacked(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith(packedStart)
}

/** The part with what a client shall keep for us: Google's own signature as it came, another vendor's packed. */
export function signForClient(part: Json, opaque: readonly Opaque[] | undefined): Json {
  const google = opaque?.find(isOwn)
  if (google !== undefined) return { ...part, thoughtSignature: google.data }
  if (opaque === undefined || opaque.length === 0) return part
  return { ...part, thoughtSignature: packed(opaque) }
}

function isOwn({ vendor, kind }: Opaque): boolean {
  return vendor === own && kind === 'signature'
}
