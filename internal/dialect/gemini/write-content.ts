import type { Loss } from '#canonical/loss.ts'
import type { AudioPart, FilePart, ImagePart, Json, Opaque, Part, ToolCallPart, ToolResultPart } from '#canonical/request.ts'
import { flat } from '#lib/flat-text.ts'
import { compact, isObject, parseJson } from '#lib/json.ts'
import { callInput } from '../call-input.ts'
import type { EncodeTarget } from '../dialect.ts'
import { documentText, textOfPart } from '../documents.ts'
import { mimeOfName, sniffMime, sourceOfUrl } from '../media.ts'
import { takesFieldsOf } from '../quirks.ts'
import type { ToolNames } from '../tool-names.ts'

/** What the writers of a request share; what cannot be said is added to `losses`. */
export type Writer = {
  readonly target: EncodeTarget
  readonly names: ToolNames
  readonly losses: Loss[]
  /** The functions' names by the ids of their calls: results are bound to names here. */
  readonly called: ReadonlyMap<string, string>
}

type MediaPart = ImagePart | AudioPart | FilePart

export function writePart(part: Part, writer: Writer): readonly Json[] {
  switch (part.kind) {
    case 'text':
      return writeText({ text: part.text }, part.opaque, writer)
    case 'refusal':
      return part.text === '' ? [] : [{ text: part.text }]
    case 'reasoning':
      return writeReasoning(part.text, part.opaque, writer)
    case 'tool_call':
      return [signed({ functionCall: writeCall(part, writer) }, part.opaque, writer)]
    case 'tool_result':
      return writeResult(part, writer)
    case 'image':
    case 'audio':
    case 'file':
      return writeMedia(part, writer)
    case 'server_tool':
      return [part.raw]
  }
}

/** An empty part is refused, unless it carries a signature. */
function writeText(part: { readonly text: string }, opaque: readonly Opaque[] | undefined, writer: Writer): readonly Json[] {
  const written = signed(part, opaque, writer)
  return part.text === '' && written === part ? [] : [written]
}

/** Thoughts go back only where they are signed by the same vendor: others would be read as the model's own words. */
function writeReasoning(text: string, opaque: readonly Opaque[] | undefined, writer: Writer): readonly Json[] {
  const thought = text === '' ? { text } : { text, thought: true }
  const written = signed(thought, opaque, writer)
  return written === thought ? [] : [written]
}

function signed(part: Json, opaque: readonly Opaque[] | undefined, { target }: Writer): Json {
  const own = opaque?.find(({ vendor, kind }) => vendor === target.quirks.vendor && kind === 'signature')
  return own === undefined ? part : { ...part, thoughtSignature: own.data }
}

function writeCall(part: ToolCallPart, { names }: Writer): Json {
  const args = part.custom === true ? { input: part.args } : callInput(part.args)
  return compact({ id: part.id, name: names.toProvider(part.name), args })
}

/** Media that may not stand inside a result follow it; the turn puts them after the last result. */
function writeResult(part: ToolResultPart, writer: Writer): readonly Json[] {
  const { target, names, called } = writer
  const media = part.parts.filter(isMedia)
  const inside = media.filter((inner) => target.traits.imagesInToolResults && mayStandInside(inner))
  const after = media.filter((inner) => !inside.includes(inner))
  const insideParts = inside.flatMap((inner) => writeMedia(inner, writer))
  const functionResponse = compact({
    id: part.callId,
    name: names.toProvider(called.get(part.callId) ?? part.name ?? part.callId),
    response: responseOf(part, after.length > 0),
    parts: insideParts.length === 0 ? undefined : insideParts,
  })
  return [{ functionResponse }, ...after.flatMap((inner) => writeMedia(inner, writer))]
}

function isMedia(part: Part): part is MediaPart {
  return (part.kind === 'image' || part.kind === 'file' || part.kind === 'audio') && textOfPart(part) === undefined
}

/** Source: ai.google.dev/gemini-api/docs/function-calling, multimodal function responses; other addresses are refused there. */
function mayStandInside(part: MediaPart): boolean {
  if (part.source.kind === 'file') return true
  if (part.source.kind !== 'base64') return false
  return /^(image\/(png|jpeg|webp)|application\/pdf|text\/plain)$/.test(mimeOf(part, part.source.data))
}

const mediaFollow = '(The media of this result follow below.)'

/** A response is an object: JSON objects go as they are, all else in `output`. `$ref` has a meaning of its own there. */
function responseOf(part: ToolResultPart, follow: boolean): Json {
  const texts = part.parts.flatMap((inner) => textOfPart(inner) ?? [])
  const text = texts.join('\n')
  if (part.isError === true) return { error: text }
  const parsed = parseJson(text)
  if (parsed.ok && isObject(parsed.value) && !text.includes('"$ref"')) return parsed.value
  if (!follow) return texts.length === 0 ? {} : { output: text }
  return { output: text === '' ? mediaFollow : `${text}\n${mediaFollow}` }
}

function writeMedia(part: MediaPart, writer: Writer): readonly Json[] {
  const { source, mime } = part.source.kind === 'url' ? { mime: part.mime, ...sourceOfUrl(part.source.url) } : part
  switch (source.kind) {
    case 'base64':
      return [
        {
          inlineData: {
            mimeType: mimeOf({ ...part, ...(mime === undefined ? {} : { mime }) }, source.data),
            data: flat(source.data),
          },
        },
      ]
    case 'url':
      return [{ fileData: compact({ mimeType: mime ?? guessedMime(part, source.url), fileUri: source.url }) }]
    case 'text':
      return source.text === '' ? [] : [{ text: part.kind === 'file' ? (documentText(part) ?? '') : source.text }]
    case 'file':
      if (readsFile(source, writer)) return [{ fileData: compact({ mimeType: mime, fileUri: source.id }) }]
      writer.losses.push({ field: `messages.${part.kind}`, severity: 'refuse', reason: 'the file lies at another vendor' })
      return []
  }
}

/** Files of Cloud Storage and videos are read wherever Gemini runs, those of the Gemini API only there. */
function readsFile({ id, vendor }: { readonly id: string; readonly vendor: string }, { target }: Writer): boolean {
  if (vendor === target.quirks.vendor) return true
  return takesFieldsOf(target.quirks, vendor) && !id.includes('generativelanguage.googleapis.com')
}

/** The first bytes are right more often than the client. */
function mimeOf(part: MediaPart, data: string): string {
  return sniffMime(data) ?? part.mime ?? (part.kind === 'file' ? mimeOfName(part.name ?? '') : undefined) ?? fallbacks[part.kind]
}

/** `application/octet-stream` is refused. */
const fallbacks = { image: 'image/png', audio: 'audio/wav', file: 'text/plain' } as const

/** The mime type of an address is obligatory. */
function guessedMime(part: MediaPart, url: string): string {
  const named = mimeOfName(url) ?? (part.kind === 'file' ? mimeOfName(part.name ?? '') : undefined)
  return named ?? { image: 'image/jpeg', audio: 'audio/mpeg', file: 'application/pdf' }[part.kind]
}
