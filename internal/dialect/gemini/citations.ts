import type { Citation, Json } from '#canonical/request.ts'
import { asArray, asNumber, asObject, asString, compact, isObject } from '#lib/json.ts'

/** The sources that candidates' chunks name for the text. Gemini counts bytes of UTF-8; we count characters. */
export function readCitations(entries: readonly Json[], text: string): readonly Citation[] {
  const bytes = Buffer.from(text)
  const citations = new Map<string, Citation>()
  for (const entry of entries) {
    const read = [...readGrounding(asObject(entry['groundingMetadata']), bytes), ...readSources(entry['citationMetadata'], bytes)]
    // Later chunks may tell the same again.
    for (const citation of read) {
      const key = `${citation.url} ${citation.start} ${citation.end}`
      if (!citations.has(key)) citations.set(key, citation)
    }
  }
  return [...citations.values()]
}

/** What we keep of Gemini's own form, for the way back. */
type RawGrounding = { readonly groundingChunk: Json; readonly segment?: Json; readonly metadata?: Json }

function readGrounding(grounding: Json, bytes: Buffer): readonly Citation[] {
  const { groundingChunks, groundingSupports, ...metadata } = grounding
  const chunks = asArray(groundingChunks).map(asObject)
  const supports = asArray(groundingSupports).map(asObject)
  const supported = supports.flatMap((support) =>
    asArray(support['groundingChunkIndices']).flatMap((index) => {
      const chunk = chunks[asNumber(index) ?? -1]
      return chunk === undefined ? [] : [readChunk(chunk, asObject(support['segment']), bytes)]
    }),
  )
  const citations = supported.length > 0 ? supported : chunks.map((chunk) => readChunk(chunk, undefined, bytes))
  const [first, ...rest] = citations
  // Search suggestions must be shown with the answer, so they travel with its first source.
  return first === undefined ? [] : [{ ...first, raw: { ...asObject(first.raw), metadata } }, ...rest]
}

function readChunk(chunk: Json, segment: Json | undefined, bytes: Buffer): Citation {
  const [source] = Object.values(chunk).filter(isObject)
  const raw: RawGrounding = compact({ groundingChunk: chunk, segment })
  return compact({
    url: asString(source?.['uri']) ?? asString(source?.['sourceUri']),
    title: asString(source?.['title']),
    citedText: asString(segment?.['text']),
    ...place(segment ?? {}, bytes),
    raw,
  })
}

/** `citationSources` at the Gemini API, `citations` at Vertex. */
function readSources(metadata: unknown, bytes: Buffer): readonly Citation[] {
  const sources = asObject(metadata)
  return asArray(sources['citationSources'] ?? sources['citations'])
    .map(asObject)
    .map((source) =>
      compact({
        url: asString(source['uri']),
        title: asString(source['title']),
        ...place(source, bytes),
        raw: { citationSource: source },
      }),
    )
}

/** A start of 0 is left out in protobuf's JSON. */
function place(segment: Json, bytes: Buffer): { readonly start?: number; readonly end?: number } {
  const end = asNumber(segment['endIndex'])
  if (end === undefined) return {}
  return { start: characters(bytes, asNumber(segment['startIndex']) ?? 0), end: characters(bytes, end) }
}

function characters(bytes: Buffer, offset: number): number {
  return bytes.subarray(0, Math.max(0, offset)).toString('utf8').length
}

/** The fields of a candidate that name sources: what came from Gemini in its own form, all else as `citationMetadata`. */
export function writeCitations(citations: readonly Citation[], text: string): Json {
  const grounded = citations.flatMap(({ raw }) => (isObject(raw) && isObject(raw['groundingChunk']) ? [raw] : []))
  const sources = citations.flatMap((citation) => writeSource(citation, text))
  return compact({
    groundingMetadata: grounded.length === 0 ? undefined : writeGrounding(grounded),
    citationMetadata: sources.length === 0 ? undefined : { citationSources: sources },
  })
}

function writeSource({ url, title, start, end, raw }: Citation, text: string): readonly Json[] {
  if (isObject(raw) && isObject(raw['groundingChunk'])) return []
  if (isObject(raw) && isObject(raw['citationSource'])) return [raw['citationSource']]
  if (url === undefined) return []
  return [compact({ startIndex: byteOffset(text, start), endIndex: byteOffset(text, end), uri: url, title })]
}

function byteOffset(text: string, offset: number | undefined): number | undefined {
  return offset === undefined ? undefined : Buffer.byteLength(text.slice(0, offset))
}

function writeGrounding(raws: readonly Json[]): Json {
  const chunks = new Map<string, number>()
  const supports = new Map<string, { readonly segment: Json; readonly indices: number[] }>()
  for (const raw of raws) {
    const chunk = JSON.stringify(raw['groundingChunk'])
    const index = chunks.get(chunk) ?? chunks.size
    chunks.set(chunk, index)
    if (!isObject(raw['segment'])) continue
    const key = JSON.stringify(raw['segment'])
    const support = supports.get(key) ?? { segment: raw['segment'], indices: [] }
    supports.set(key, support)
    support.indices.push(index)
  }
  const unique = new Map(raws.map((raw) => [JSON.stringify(raw['groundingChunk']), raw['groundingChunk']]))
  return compact({
    ...asObject(raws.find((raw) => isObject(raw['metadata']))?.['metadata']),
    groundingChunks: [...unique.values()],
    groundingSupports:
      supports.size === 0
        ? undefined
        : [...supports.values()].map(({ segment, indices }) => ({ segment, groundingChunkIndices: indices })),
  })
}
