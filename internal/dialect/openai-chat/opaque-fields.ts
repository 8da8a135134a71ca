import type { Json, Opaque } from '#canonical/request.ts'
import { asArray, asObject, asString } from '#lib/json.ts'

/** `reasoning_details` (OpenRouter's): kept as they came, for the vendor that made them. */
export function reasoningOpaque(details: unknown, vendor: string): readonly Opaque[] {
  return asArray(details).map((data) => ({ vendor, kind: 'details', data }))
}

/** Google's spelling of a thought signature in this API. */
export function callOpaque(call: Json): readonly Opaque[] | undefined {
  const signature = asString(asObject(asObject(call['extra_content'])['google'])['thought_signature'])
  return signature === undefined ? undefined : [{ vendor: 'gemini', kind: 'signature', data: signature }]
}

/** The signature of a tool call, in the same spelling. */
export function extraContent(opaque: readonly Opaque[] | undefined): Json | undefined {
  const signature = opaque?.find((entry) => entry.vendor === 'gemini' && entry.kind === 'signature')
  return signature === undefined ? undefined : { google: { thought_signature: signature.data } }
}
