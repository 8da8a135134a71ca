import type { Citation, Json } from '#canonical/request.ts'
import { asArray, asNumber, asObject, asString, compact } from '#lib/json.ts'

/** Sources of the text so far. Gemini counts bytes of UTF-8; we count characters. */
export function citationsOf(entry: Json, text: string): readonly Citation[] {
  const grounding = asObject(entry['groundingMetadata'])
  const supports = asArray(grounding['groundingSupports']).map(asObject)
  if (supports.length === 0) return []
  const webs = asArray(grounding['groundingChunks']).map((chunk) => asObject(asObject(chunk)['web']))
  const bytes = Buffer.from(text)
  return supports.flatMap((support) => {
    const segment = asObject(support['segment'])
    const place = compact({
      citedText: asString(segment['text']),
      start: characters(bytes, segment['startIndex'] ?? 0),
      end: characters(bytes, segment['endIndex']),
    })
    return asArray(support['groundingChunkIndices']).flatMap((index): readonly Citation[] => {
      const web = webs[asNumber(index) ?? -1]
      return web === undefined ? [] : [compact({ url: asString(web['uri']), title: asString(web['title']), ...place })]
    })
  })
}

function characters(bytes: Buffer, offset: unknown): number | undefined {
  const end = asNumber(offset)
  return end === undefined ? undefined : bytes.subarray(0, end).toString('utf8').length
}
