import type { Message, Part, Request, Source } from '#canonical/request.ts'
import type { MediaConfig } from '#config/config.ts'
import { err, ok, type Result } from '#lib/result.ts'

/** Whether the request names media by URL. */
export function hasMediaUrls({ messages }: Request): boolean {
  return messages.some(({ parts }) => urlsIn(parts).length > 0)
}

/** The request with the bytes in place of the URLs; the error names the one that could not be had. */
export async function inlineMedia(request: Request, media: MediaConfig): Promise<Result<Request, string>> {
  const urls = [...new Set(request.messages.flatMap(({ parts }) => urlsIn(parts)))]
  if (urls.length > media.max_urls) return err(`the request names ${urls.length} URLs, ${media.max_urls} are fetched at most`)
  const limits = { maxBytes: media.max_size, timeoutMs: media.timeout, allow: media.allow }
  // Few requests need it: loaded with the first one, not at the start.
  const { fetchMedia } = await import('#upstream/fetch-media.ts')
  const fetched = new Map<string, Inlined>()
  const problems = await Promise.all(
    urls.map(async (url) => {
      const result = await fetchMedia(url, limits)
      if (!result.ok) return `${url.slice(0, 200)}: ${result.error}`
      const { data, mime } = result.value
      fetched.set(url, { source: { kind: 'base64', data: data.toString('base64') }, ...(mime === undefined ? {} : { mime }) })
      return undefined
    }),
  )
  const problem = problems.find((one) => one !== undefined)
  if (problem !== undefined) return err(problem)
  return ok({ ...request, messages: request.messages.map((message) => inlined(message, fetched)) })
}

type Inlined = { readonly source: Source; readonly mime?: string }

function inlined(message: Message, fetched: ReadonlyMap<string, Inlined>): Message {
  return { ...message, parts: message.parts.map((part) => inlinedPart(part, fetched)) }
}

function inlinedPart(part: Part, fetched: ReadonlyMap<string, Inlined>): Part {
  if (part.kind === 'tool_result') return { ...part, parts: part.parts.map((inner) => inlinedPart(inner, fetched)) }
  const url = urlOf(part)
  const found = url === undefined ? undefined : fetched.get(url)
  if (found === undefined || !('source' in part)) return part
  return { ...part, source: found.source, ...(found.mime === undefined || part.mime !== undefined ? {} : { mime: found.mime }) }
}

function urlsIn(parts: readonly Part[]): readonly string[] {
  return parts.flatMap((part) => (part.kind === 'tool_result' ? urlsIn(part.parts) : (urlOf(part) ?? [])))
}

function urlOf(part: Part): string | undefined {
  if (part.kind !== 'image' && part.kind !== 'file' && part.kind !== 'audio') return undefined
  const { source } = part
  return source.kind === 'url' && /^https?:/i.test(source.url) ? source.url : undefined
}
