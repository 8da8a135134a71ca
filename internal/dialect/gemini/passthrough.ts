import type { Json, Request } from '#canonical/request.ts'
import type { SseFrame } from '#framing/sse-parse.ts'
import { asArray, asString, isObject, parseJson } from '#lib/json.ts'
import type { Encoded, EncodeTarget, Passthrough } from '../dialect.ts'
import { pathOf } from './encode-request.ts'
import { signatureFor, signatureForClient } from './signature.ts'
import { isCall, withoutId, withSentinel } from './turns.ts'

/**
 * The model is in the path; the body goes as it came. The provider is always asked for server-sent events: a client that
 * wants one JSON array (`framing: 'json-array'`) cannot be served frame by frame without counting commas, so the relay
 * translates for it, with `encodeStream`.
 */
function encodeRequest(request: Request, { model, traits, quirks }: EncodeTarget): Encoded {
  const mender: Mender = { vendor: quirks.vendor, wantsSigned: traits.reasoning.kind === 'level' }
  const mended = mendHistory(request.raw['contents'], mender)
  const contents = quirks.gemini?.noCallIds === true ? withoutIds(mended) : mended
  const body = contents === request.raw['contents'] ? request.raw : { ...request.raw, contents }
  return { path: pathOf(model, request.stream), headers: {}, body, losses: [] }
}

/**
 * Turns that other vendors answered hold what Google refuses: signatures that it did not make, and, in the current turn of
 * Gemini 3, calls without any. All else stays as it came, down to the same objects.
 */
function mendHistory(contents: unknown, mender: Mender): unknown {
  if (!Array.isArray(contents)) return contents
  const entries = asArray(contents)
  const asked = entries.findLastIndex((entry) => isObject(entry) && entry['role'] !== 'model' && !holdsResult(entry))
  const mended = entries.flatMap((entry, index) => mendContent(entry, index > asked, mender))
  return mended.length === entries.length && mended.every((entry, index) => entry === entries[index]) ? contents : mended
}

type Mender = { readonly vendor: string; readonly wantsSigned: boolean }

function withoutIds(contents: unknown): unknown {
  if (!Array.isArray(contents)) return contents
  return asArray(contents).map((content) =>
    isObject(content) ? { ...content, parts: partsOf(content).map(withoutId) } : content,
  )
}

function holdsResult(content: Json): boolean {
  return partsOf(content).some((part) => 'functionResponse' in part || 'function_response' in part)
}

function partsOf(content: Json): readonly Json[] {
  return asArray(content['parts']).filter(isObject)
}

function mendContent(content: unknown, current: boolean, { vendor, wantsSigned }: Mender): readonly unknown[] {
  if (!isObject(content) || content['role'] !== 'model') return [content]
  const parts = partsOf(content)
  const own = parts.flatMap((part) => withOwnSignature(part, vendor))
  const changed = own.length !== parts.length || own.some((part, index) => part !== parts[index])
  const unsigned = wantsSigned && current && own.some(isCall) && own.every((part) => signatureOf(part) === undefined)
  if (!changed && !unsigned) return [content]
  return own.length === 0 ? [] : [{ ...content, parts: unsigned ? withSentinel(own) : own }]
}

function signatureOf(part: Json): string | undefined {
  return asString(part['thoughtSignature']) ?? asString(part['thought_signature'])
}

/** A thought that another vendor signed is nothing to the target; calls and texts stay. */
function withOwnSignature(part: Json, vendor: string): readonly Json[] {
  const signature = signatureOf(part)
  if (signature === undefined) return [part]
  const own = signatureFor(vendor, signature)
  if (own === signature) return [part]
  const { thoughtSignature: _signature, thought_signature: _snake, ...rest } = part
  if (own !== undefined) return [{ ...rest, thoughtSignature: own }]
  return rest['thought'] === true || rest['text'] === '' ? [] : [rest]
}

/** Google's SDK reads frames that begin with `data:` only, and no `[DONE]`. */
function frame({ data }: SseFrame, _request: Request, { quirks }: EncodeTarget): string {
  if (data.trim() === '[DONE]') return ''
  const marked = isForeign(quirks.vendor) && data.includes('thoughtSignature') ? marksFrame(data, quirks.vendor) : data
  return `data: ${marked.includes('\n') ? marked.replaceAll('\n', ' ') : marked}\r\n\r\n`
}

function isForeign(vendor: string): boolean {
  return signatureForClient(vendor, '') !== ''
}

function marksFrame(data: string, vendor: string): string {
  const parsed = parseJson(data)
  return parsed.ok && isObject(parsed.value) ? JSON.stringify(withMarks(parsed.value, vendor)) : data
}

/** Signatures of a place that is not the Gemini API say whose they are, so that they come back to nobody else. */
function withMarks(body: Json, vendor: string): Json {
  if (!Array.isArray(body['candidates'])) return body
  return { ...body, candidates: asArray(body['candidates']).map((candidate) => markCandidate(candidate, vendor)) }
}

function markCandidate(candidate: unknown, vendor: string): unknown {
  if (!isObject(candidate) || !isObject(candidate['content'])) return candidate
  const content = candidate['content']
  const parts = partsOf(content).map((part) => {
    const signature = signatureOf(part)
    return signature === undefined ? part : { ...part, thoughtSignature: signatureForClient(vendor, signature) }
  })
  return { ...candidate, content: { ...content, parts } }
}

function answer(body: Json, _request: Request, { quirks }: EncodeTarget): Json | undefined {
  return isForeign(quirks.vendor) ? withMarks(body, quirks.vendor) : undefined
}

export const passthrough: Passthrough = { encodeRequest, frame, answer }
