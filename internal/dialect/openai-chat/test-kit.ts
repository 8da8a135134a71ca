import type { AnswerEvent } from '#canonical/answer.ts'
import type { Json, Request } from '#canonical/request.ts'
import type { ClientCall, DecodeContext, EncodeTarget } from '../dialect.ts'
import { type ModelTraits, plainTraits, type Quirks } from '../quirks.ts'
import { decodeRequest } from './decode-request.ts'
import { decodeStream } from './decode-stream.ts'

/** A client's call with this body. */
export function callOf(body: Json): ClientCall {
  return { path: '/v1/chat/completions', query: new URLSearchParams(), headers: {}, body }
}

/** The request that a client's body asks for; model and messages may be left out. */
export function requestOf(body: Json = {}): Request {
  const decoded = decodeRequest(callOf({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...body }))
  if (!decoded.ok) throw new Error(decoded.error.message)
  return decoded.value
}

/** A target that takes everything OpenAI does, but for what the test says. */
export function targetOf(quirks: Partial<Quirks> = {}, traits: Partial<ModelTraits> = {}): EncodeTarget {
  return { model: 'target-model', quirks: { vendor: 'vendor', ...quirks }, traits: { ...plainTraits, ...traits } }
}

export function contextOf(body: Json = {}, quirks: Partial<Quirks> = {}): DecodeContext {
  return { request: requestOf(body), target: targetOf(quirks) }
}

/** The events of a stream of chunks; a string is a frame as it came. `end`: whether the bytes ended after it. */
export function eventsOf(frames: readonly unknown[], context: DecodeContext = contextOf(), end = true): readonly AnswerEvent[] {
  const events: AnswerEvent[] = []
  const decoder = decodeStream((event) => events.push(event), context)
  for (const frame of frames) decoder.frame({ event: '', data: typeof frame === 'string' ? frame : JSON.stringify(frame) })
  if (end) decoder.end()
  return events
}

/** A chunk with one choice. */
export function chunkOf(delta: Json, finish: string | null = null, more: Json = {}): Json {
  return { id: 'c1', model: 'up', created: 7, choices: [{ index: 0, delta, finish_reason: finish }], ...more }
}
