import type { Citation, Json } from '#canonical/request.ts'
import { asArray, asObject, asString, compact, isObject } from '#lib/json.ts'

/** A citation of Converse. The offsets it gives count places of the source, not of the answer, so they stay in `raw`. */
export function readCitation(citation: Json): Citation {
  const source = asString(citation['source'])
  const web = asString(asObject(asObject(citation['location'])['web'])['url'])
  const texts = asArray(citation['sourceContent']).map((each) => asString(asObject(each)['text']) ?? '')
  return {
    ...compact({
      url: web ?? (source !== undefined && /^https?:/.test(source) ? source : undefined),
      title: asString(citation['title']),
      citedText: texts.length === 0 ? undefined : texts.join(''),
    }),
    raw: citation,
  }
}

export function readCitations(value: unknown): readonly Citation[] {
  return asArray(value).filter(isObject).map(readCitation)
}
