import type { AnswerEvent, Finish, PartStart, Usage } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import type { AnswerContext, EventEncoder } from '../dialect.ts'
import { withSignature, writeCitation, writePart } from './encode-answer.ts'
import { errorElement } from './error.ts'
import { finishReason } from './finish.ts'
import { writeUsage } from './usage.ts'

type State = {
  readonly context: AnswerContext
  model: string
  usage: Usage | undefined
  readonly parts: Map<string, { readonly start: PartStart; held: string }>
  readonly finishes: Map<number, Finish>
  /** Elements written so far, for the commas of an array. */
  count: number
}

/** Canonical → client: whole parts frame by frame. Text goes at once, a function call when its arguments are complete. */
export function encodeStream(context: AnswerContext): EventEncoder {
  const state: State = {
    context,
    model: context.request.model,
    usage: undefined,
    parts: new Map(),
    finishes: new Map(),
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
      state.parts.set(`${event.candidate}.${event.part}`, { start: event, held: '' })
      return ''
    case 'part_delta':
      return addDelta(state, event)
    case 'part_citation':
      return frame(state, { index: event.candidate, citationMetadata: { citationSources: writeCitation(event.citation) } })
    case 'part_end':
      return endPart(state, event)
    case 'part_whole':
      return parts(state, event.candidate, writePart(event.content))
    case 'usage':
      state.usage = event.usage
      return ''
    case 'finish':
      state.finishes.set(event.candidate, event.finish)
      return ''
    case 'end':
      return endStream(state)
    case 'failure':
      return element(state, errorElement(event.failure)) + closing(state)
    case 'ping':
    case 'skipped':
      return ''
  }
}

/** One element: a server-sent event, or a member of the array that the client asked for. */
function element(state: State, json: string): string {
  const first = state.count++ === 0
  if (state.context.request.framing !== 'json-array') return `data: ${json}\r\n\r\n`
  return `${first ? '[' : ',\r\n'}${json}`
}

function closing(state: State): string {
  return state.context.request.framing === 'json-array' ? (state.count === 0 ? '[]' : ']') : ''
}

function frame(state: State, candidate: Json, usage?: Json): string {
  return element(
    state,
    JSON.stringify(
      compact({ candidates: [candidate], usageMetadata: usage, modelVersion: state.model, responseId: state.context.requestId }),
    ),
  )
}

function parts(state: State, candidate: number, written: readonly Json[]): string {
  return written.length === 0 ? '' : frame(state, { content: { role: 'model', parts: written }, index: candidate })
}

function addDelta(state: State, event: Extract<AnswerEvent, { kind: 'part_delta' }>): string {
  const part = state.parts.get(`${event.candidate}.${event.part}`)
  if (part === undefined) return ''
  if (part.start.type === 'tool_call') {
    part.held += event.text
    return ''
  }
  const written = part.start.type === 'reasoning' ? { text: event.text, thought: true } : { text: event.text }
  return parts(state, event.candidate, [written])
}

function endPart(state: State, event: Extract<AnswerEvent, { kind: 'part_end' }>): string {
  const part = state.parts.get(`${event.candidate}.${event.part}`)
  if (part === undefined) return ''
  const { start, held } = part
  const opaque = [...(start.opaque ?? []), ...(event.opaque ?? [])]
  if (start.type === 'tool_call') {
    const { id, name, custom } = start
    return parts(
      state,
      event.candidate,
      writePart({
        kind: 'tool_call',
        id,
        name,
        args: held === '' ? '{}' : held,
        opaque,
        ...(custom === undefined ? {} : { custom }),
      }),
    )
  }
  const signed = withSignature(start.type === 'reasoning' ? { text: '', thought: true } : { text: '' }, opaque)
  return 'thoughtSignature' in signed ? parts(state, event.candidate, [signed]) : ''
}

function endStream(state: State): string {
  const usage = state.usage === undefined ? undefined : writeUsage(state.usage)
  const finishes = state.finishes.size === 0 ? [[0, { reason: 'stop' }] as const] : [...state.finishes]
  const frames = finishes.map(([index, finish]) =>
    frame(state, { content: { role: 'model', parts: [] }, finishReason: finishReason(finish), index }, usage),
  )
  return frames.join('') + closing(state)
}
