import type { Json, Opaque, Part } from '#canonical/request.ts'
import { asObject, asString } from '#lib/json.ts'
import { packOpaque, unpackOpaque } from '../opaque.ts'

/** The vendor of Anthropic's own signatures and encrypted thoughts. */
const anthropic = 'anthropic'
/** Marks packed data that belongs to a tool call and not to the thinking block that carries it. */
const carrierVendor = 'outrigger'

/**
 * The `signature` of a thinking block for a client: Anthropic's own, or what another vendor gave, packed. Clients send it
 * back untouched, as they must with Claude's.
 */
export function signatureOf(opaque: readonly Opaque[]): string {
  const own = opaque.find(({ vendor, kind }) => vendor === anthropic && kind === 'signature')
  if (own !== undefined) return asString(own.data) ?? ''
  return opaque.length === 0 ? '' : packOpaque(opaque)
}

/** Anthropic's encrypted thoughts among opaque data: they have a block type of their own. */
export function redactedBlocks(opaque: readonly Opaque[]): readonly Json[] {
  return opaque.filter(isRedacted).map(({ data }) => ({ type: 'redacted_thinking', data }))
}

function isRedacted({ vendor, kind }: Opaque): boolean {
  return vendor === anthropic && kind === 'redacted'
}

/**
 * Opaque data of a tool call (Gemini signs calls) has no place in a `tool_use` block. It travels in a thinking block without
 * text beside it: clients keep those, since Claude itself sends them when thoughts are not displayed.
 */
export function carrierBlock(opaque: readonly Opaque[], callId: string): Json {
  const marker: Opaque = { vendor: carrierVendor, kind: 'details', data: { call: callId } }
  return { type: 'thinking', thinking: '', signature: packOpaque([...opaque, marker]) }
}

/** The opaque data of a client's thinking block: another vendor's when we packed it, else Anthropic's. */
export function opaqueOfSignature(signature: string): readonly Opaque[] {
  return unpackOpaque(signature) ?? [{ vendor: anthropic, kind: 'signature', data: signature }]
}

/** Gives carried data back to the calls that it belongs to. */
export function unloadCarriers(parts: readonly Part[]): readonly Part[] {
  const byCall = new Map<string, readonly Opaque[]>()
  const rest = parts.filter((part) => {
    const callId = part.kind === 'reasoning' ? callOfCarrier(part.opaque) : undefined
    if (callId === undefined) return true
    byCall.set(
      callId,
      (part.opaque ?? []).filter(({ vendor }) => vendor !== carrierVendor),
    )
    return false
  })
  if (byCall.size === 0) return parts
  return rest.map((part) => {
    const opaque = part.kind === 'tool_call' ? byCall.get(part.id) : undefined
    return part.kind === 'tool_call' && opaque !== undefined ? { ...part, opaque } : part
  })
}

function callOfCarrier(opaque: readonly Opaque[] = []): string | undefined {
  const marker = opaque.find(({ vendor }) => vendor === carrierVendor)
  return marker === undefined ? undefined : asString(asObject(marker.data)['call'])
}
