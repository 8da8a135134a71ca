import type { AnswerEvent, Finish, PartStart, Usage } from '#canonical/answer.ts'
import type { Citation, Json, Opaque } from '#canonical/request.ts'
import { grown } from '#lib/grown.ts'
import { compact } from '#lib/json.ts'
import type { AnswerContext, EventEncoder } from '../dialect.ts'
import { writeCitations } from './citations.ts'
import { writePart } from './encode-answer.ts'
import { errorElement } from './error.ts'
import { finishReason } from './finish.ts'
import { writeLogprobs } from './logprobs.ts'
import { signForClient } from './signature.ts'
import { writeUsage } from './usage.ts'

/** What the closing chunk of a candidate tells. */
type Closing = { readonly texts: string[]; readonly citations: Citation[]; finish?: Finish }

/** `call`: the whole function call, which waits until those that began before it are complete. */
type OpenPart = { readonly start: PartStart; args: string; call?: readonly Json[] }

type State = {
  readonly context: AnswerContext
  model: string
  usage: Usage | undefined
  /** Parts under way, by candidate and number. */
  readonly parts: Map<string, OpenPart>
  readonly candidates: Map<number, Closing>
  /** Elements written so far, for the commas of an array. */
  count: number
}

/** Canonical → client: whole parts chunk by chunk. Text goes at once, a function call when its arguments are complete. */
export function encodeStream(context: AnswerContext): EventEncoder {
  const state: State = {
    context,
    model: context.request.model,
    usage: undefined,
    parts: new Map(),
    candidates: new Map(),
    count: 0,
  }
  return (event) => encodeEvent(state, event)
}

function encodeEvent(state: State, event: AnswerEvent): string {
  switch (event.kind) {
    case 'start':
      state.model = event.model
      return ''
    case 'part_start':
      state.parts.set(keyOf(event), { start: event, args: '' })
      return ''
    case 'part_delta':
      return addDelta(state, event)
    case 'part_citation':
      closingOf(state, event.candidate).citations.push(event.citation)
      return ''
    case 'part_end':
      return endPart(state, event)
    case 'part_whole':
      return writeParts(state, event.candidate, writePart(event.content))
    case 'usage':
      state.usage = event.usage
      return ''
    case 'finish':
      closingOf(state, event.candidate).finish = event.finish
      return ''
    case 'end':
      return endStream(state)
    case 'failure':
      return writeElement(state, errorElement(event.failure)) + closeArray(state)
    case 'ping':
    case 'skipped':
      return ''
  }
}

function keyOf({ candidate, part }: { readonly candidate: number; readonly part: number }): string {
  return `${candidate}.${part}`
}

function closingOf({ candidates }: State, index: number): Closing {
  const known = candidates.get(index)
  if (known !== undefined) return known
  const closing: Closing = { texts: [], citations: [] }
  candidates.set(index, closing)
  return closing
}

/** One element: a server-sent event, or a member of the array that the client asked for. */
function writeElement(state: State, json: string): string {
  if (state.context.request.framing !== 'json-array') return `data: ${json}\r\n\r\n`
  return `${state.count++ === 0 ? '[' : ',\r\n'}${json}`
}

function closeArray({ context, count }: State): string {
  if (context.request.framing !== 'json-array') return ''
  return count === 0 ? '[]' : ']'
}

function writeChunk(state: State, candidate: Json, usage?: Json): string {
  const { model, context } = state
  return writeElement(
    state,
    JSON.stringify(
      compact({
        candidates: [candidate],
        usageMetadata: usage,
        modelVersion: model,
        responseId: context.answerId ?? context.requestId,
      }),
    ),
  )
}

function writeParts(state: State, index: number, parts: readonly Json[], logprobs?: unknown): string {
  if (parts.length === 0) return ''
  return writeChunk(state, compact({ content: { role: 'model', parts }, index, logprobsResult: writeLogprobs(logprobs) }))
}

function addDelta(state: State, event: Extract<AnswerEvent, { kind: 'part_delta' }>): string {
  const part = state.parts.get(keyOf(event))
  if (part === undefined || event.text === '') return ''
  const { type } = part.start
  if (type === 'tool_call') {
    part.args = grown(part.args, event.text)
    return ''
  }
  if (type === 'text') closingOf(state, event.candidate).texts.push(event.text)
  const written = type === 'reasoning' ? { text: event.text, thought: true } : { text: event.text }
  return writeParts(state, event.candidate, [written], event.logprobs)
}

function endPart(state: State, event: Extract<AnswerEvent, { kind: 'part_end' }>): string {
  const part = state.parts.get(keyOf(event))
  if (part === undefined) return ''
  const { start, args } = part
  const opaque: readonly Opaque[] = [...(start.opaque ?? []), ...(event.opaque ?? [])]
  if (start.type !== 'tool_call') {
    state.parts.delete(keyOf(event))
    // The text is out: its signature follows on an empty one, as Gemini itself does it.
    const signed = signForClient(start.type === 'reasoning' ? { text: '', thought: true } : { text: '' }, opaque)
    return 'thoughtSignature' in signed ? writeParts(state, event.candidate, [signed]) : ''
  }
  const { id, name, custom } = start
  part.call = writePart(compact({ kind: 'tool_call', id, name, args, custom, opaque }))
  return releaseCalls(state, event.candidate)
}

/** In the order in which they began: where several are under way at once a later one may be complete first, and results are told by order. */
function releaseCalls(state: State, candidate: number): string {
  let text = ''
  for (const [key, { start, call }] of state.parts) {
    if (start.type !== 'tool_call' || start.candidate !== candidate) continue
    if (call === undefined) break
    state.parts.delete(key)
    text += writeParts(state, candidate, call)
  }
  return text
}

/** The closing chunks. Their text is empty rather than missing: programs print it unseen. */
function endStream(state: State): string {
  const usage = state.usage === undefined ? undefined : writeUsage(state.usage)
  const chunks = [...state.candidates].map(([index, { texts, citations, finish }]) =>
    writeChunk(
      state,
      compact({
        content: { role: 'model', parts: [{ text: '' }] },
        finishReason: finishReason(finish ?? { reason: 'other' }),
        index,
        ...writeCitations(citations, texts.join('')),
      }),
      usage,
    ),
  )
  return chunks.join('') + closeArray(state)
}
