import type { Opaque } from '#canonical/request.ts'
import { asArray, asObject, asString, parseJson } from '#lib/json.ts'

const prefix = 'outrigger.'
const kinds = ['signature', 'encrypted', 'redacted', 'details'] as const

/**
 * Opaque data of any vendor as one text, for a client whose dialect has a place for its own vendor's only: it sends the text
 * back untouched, and the prefix tells us that it is ours.
 */
export function packOpaque(opaque: readonly Opaque[]): string {
  return prefix + Buffer.from(JSON.stringify(opaque)).toString('base64url')
}

/** What `packOpaque` packed; undefined for a text that is not ours, nothing for one of ours that was damaged: no vendor would take it. */
export function unpackOpaque(text: string): readonly Opaque[] | undefined {
  if (!text.startsWith(prefix)) return undefined
  const parsed = parseJson(Buffer.from(text.slice(prefix.length), 'base64url').toString('utf8'))
  if (!parsed.ok) return []
  return asArray(parsed.value)
    .map(asObject)
    .flatMap((entry) => {
      const vendor = asString(entry['vendor'])
      const kind = kinds.find((known) => known === entry['kind'])
      const itemId = asString(entry['itemId'])
      if (vendor === undefined || kind === undefined) return []
      return [{ vendor, kind, data: entry['data'], ...(itemId === undefined ? {} : { itemId }) }]
    })
}
