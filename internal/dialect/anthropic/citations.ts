import type { Citation, Json } from '#canonical/request.ts'
import { asObject, asString, compact, isObject } from '#lib/json.ts'

/** A citation of Claude's. The offsets it gives count characters of the source, not of the answer, so they stay in `raw`. */
export function readCitation(citation: Json): Citation {
  const source = asString(citation['source'])
  return {
    ...compact({
      url: asString(citation['url']) ?? (source !== undefined && /^https?:/.test(source) ? source : undefined),
      title: asString(citation['title']) ?? asString(citation['document_title']),
      citedText: asString(citation['cited_text']),
    }),
    raw: citation,
  }
}

export function readCitations(value: unknown): readonly Citation[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined
  return value.filter(isObject).map(readCitation)
}

// What Claude's API sends and takes back. A citation of another vendor has no index that it would accept.
const known = new Set([
  'char_location',
  'page_location',
  'content_block_location',
  'web_search_result_location',
  'search_result_location',
])

/** The citations that have a form at Anthropic: its own. */
export function writeCitations(citations: readonly Citation[] = []): readonly Json[] {
  return citations.map(({ raw }) => asObject(raw)).filter((raw) => known.has(asString(raw['type']) ?? ''))
}
