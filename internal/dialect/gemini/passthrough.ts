import type { Json, Request } from '#canonical/request.ts'
import type { SseFrame } from '#framing/sse-parse.ts'
import { asArray, asString, isObject } from '#lib/json.ts'
import type { Encoded, EncodeTarget, Passthrough } from '../dialect.ts'
import { pathOf } from './encode-request.ts'
import { isPacked } from './signature.ts'
import { isCall, withSentinel } from './turns.ts'

/**
 * The model is in the path; the body goes as it came. The provider is always asked for server-sent events: a client that
 * wants one JSON array (`framing: 'json-array'`) cannot be served frame by frame without counting commas, so the relay
 * translates for it, with `encodeStream`.
 */
function encodeRequest(request: Request, { model, traits }: EncodeTarget): Encoded {
  const contents = mendHistory(request.raw['contents'], traits.reasoning.kind === 'level')
  const body = contents === request.raw['contents'] ? request.raw : { ...request.raw, contents }
  return { path: pathOf(model, request.stream), headers: {}, body, losses: [] }
}

/**
 * Turns that other vendors answered hold what Google refuses: signatures that it did not make, and, in the current turn of
 * Gemini 3, calls without any. All else stays as it came, down to the same objects.
 */
function mendHistory(contents: unknown, wantsSigned: boolean): unknown {
  if (!Array.isArray(contents)) return contents
  const entries = asArray(contents)
  const asked = entries.findLastIndex((entry) => isObject(entry) && entry['role'] !== 'model' && !holdsResult(entry))
  const mended = entries.flatMap((entry, index) => mendContent(entry, wantsSigned && index > asked))
  return mended.length === entries.length && mended.every((entry, index) => entry === entries[index]) ? contents : mended
}

function holdsResult(content: Json): boolean {
  return partsOf(content).some((part) => 'functionResponse' in part || 'function_response' in part)
}

function partsOf(content: Json): readonly Json[] {
  return asArray(content['parts']).filter(isObject)
}

function mendContent(content: unknown, wantsSigned: boolean): readonly unknown[] {
  if (!isObject(content) || content['role'] !== 'model') return [content]
  const parts = partsOf(content)
  const foreign = parts.some((part) => isPacked(signatureOf(part)))
  const own = foreign ? parts.flatMap(withoutPacked) : parts
  const unsigned = wantsSigned && own.some(isCall) && own.every((part) => signatureOf(part) === undefined)
  if (!foreign && !unsigned) return [content]
  return own.length === 0 ? [] : [{ ...content, parts: unsigned ? withSentinel(own) : own }]
}

function signatureOf(part: Json): string | undefined {
  return asString(part['thoughtSignature']) ?? asString(part['thought_signature'])
}

/** A thought that another vendor signed is nothing to Google; calls and texts stay. */
function withoutPacked(part: Json): readonly Json[] {
  if (!isPacked(signatureOf(part))) return [part]
  const { thoughtSignature: _signature, thought_signature: _snake, ...rest } = part
  return rest['thought'] === true || rest['text'] === '' ? [] : [rest]
}

/** Google's SDK reads frames that begin with `data:` only, and no `[DONE]`. */
function frame({ data }: SseFrame): string {
  if (data.trim() === '[DONE]') return ''
  return `data: ${data.includes('\n') ? data.replaceAll('\n', ' ') : data}\r\n\r\n`
}

export const passthrough: Passthrough = { encodeRequest, frame }
