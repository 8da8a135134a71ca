import type { AnswerMediaPart } from '#canonical/answer.ts'
import type { Citation, Json } from '#canonical/request.ts'
import { asArray, asNumber, asObject, asString, compact } from '#lib/json.ts'
import { sourceOfUrl } from '../media.ts'
import { thinkingText } from './content.ts'
import { textOfDetails } from './reasoning-details.ts'

/** The reasoning of a message or delta, in any of its spellings. Where a server writes it twice, only one is taken. */
export function reasoningText(message: Json): string {
  const { content } = message
  const told = asString(message['reasoning_content']) || asString(message['reasoning'])
  if (told !== undefined && told !== '') return told
  if (Array.isArray(content)) return thinkingOf(content)
  return textOfDetails(asArray(message['reasoning_details']).map(asObject))
}

function thinkingOf(content: readonly unknown[]): string {
  return content
    .map(asObject)
    .map((part) => (part['type'] === 'thinking' ? thinkingText(part['thinking']) : ''))
    .join('')
}

/** The text of a message or delta: a string, or Mistral's array of parts. */
export function contentText({ content }: Json): string {
  if (typeof content === 'string') return content
  return asArray(content)
    .map((part) => (typeof part === 'string' ? part : textOfPart(asObject(part))))
    .join('')
}

function textOfPart(part: Json): string {
  return part['type'] === 'text' || part['type'] === 'output_text' ? (asString(part['text']) ?? '') : ''
}

// Most answers have none of what follows, and this is read of each chunk.
const none: readonly never[] = []

/** OpenAI's annotations of a message or delta. */
export function readAnnotations(message: Json): readonly Citation[] {
  const { annotations } = message
  if (!Array.isArray(annotations) || annotations.length === 0) return none
  return annotations.flatMap((annotation: unknown) => {
    const cited = asObject(asObject(annotation)['url_citation'])
    const url = asString(cited['url'])
    if (url === undefined) return []
    const title = asString(cited['title'])
    const citedText = asString(cited['content'])
    const start = asNumber(cited['start_index'])
    return [compact({ url, title, citedText, start, end: asNumber(cited['end_index']), raw: annotation })]
  })
}

/** Sources that Perplexity and xAI name beside the choices: addresses, and what the search found. */
export function readSources(body: Json): readonly Citation[] {
  if (body['search_results'] === undefined && body['citations'] === undefined) return none
  const titles = new Map<string, string>()
  for (const result of asArray(body['search_results']).map(asObject)) {
    const url = asString(result['url'])
    if (url !== undefined) titles.set(url, asString(result['title']) ?? url)
  }
  const cited = asArray(body['citations']).flatMap((url) => asString(url) ?? [])
  const urls = cited.length > 0 ? cited : [...titles.keys()]
  return [...new Set(urls)].map((url) => compact({ url, title: titles.get(url) }))
}

/** Images that a model made, as OpenRouter gives them. */
export function readImages(message: Json): readonly AnswerMediaPart[] {
  const { images, content } = message
  if (images === undefined && !Array.isArray(content)) return none
  const given = [...asArray(images), ...asArray(content)].map(asObject)
  return given.flatMap((image): readonly AnswerMediaPart[] => {
    const url = asString(asObject(image['image_url'])['url']) ?? asString(image['image_url'])
    if (url === undefined) return []
    const { source, mime } = sourceOfUrl(url)
    return source.kind === 'base64' ? [{ kind: 'image', mime: mime ?? 'image/png', data: source.data }] : []
  })
}

/** The media type of audio that the request asked for. */
export function audioMime(raw: Json): string {
  const format = asString(asObject(raw['audio'])['format']) ?? 'wav'
  return `audio/${format === 'mp3' ? 'mpeg' : format}`
}
