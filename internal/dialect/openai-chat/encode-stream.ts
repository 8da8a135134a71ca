import type { AnswerEvent, PartStart, Usage } from '#canonical/answer.ts'
import type { Json, Opaque } from '#canonical/request.ts'
import { dataFrame } from '#framing/sse-write.ts'
import { compact } from '#lib/json.ts'
import type { AnswerContext, EventEncoder } from '../dialect.ts'
import { dataUrl } from '../media.ts'
import { writeDetail } from './content.ts'
import { writeCitation } from './encode-answer.ts'
import { errorChunk } from './error.ts'
import { finishWord } from './finish.ts'
import { extraContent } from './opaque-fields.ts'
import { writeUsage } from './usage.ts'

type OpenPart = { readonly start: PartStart; readonly callIndex: number }

type State = {
  readonly context: AnswerContext
  model: string
  created: number
  usage: Usage | undefined
  readonly parts: Map<string, OpenPart>
  /** Calls so far, by candidate: their numbers count from 0, whatever the parts' numbers are. */
  readonly calls: Map<number, number>
  readonly refused: Set<number>
}

/** Canonical → client, a stream of chunks. */
export function encodeStream(context: AnswerContext): EventEncoder {
  const state: State = { context, model: context.request.model, created: context.nowSeconds, usage: undefined, parts: new Map(), calls: new Map(), refused: new Set() }
  return (event) => encodeEvent(state, event)
}

function encodeEvent(state: State, event: AnswerEvent): string {
  switch (event.kind) {
    case 'start':
      state.model = event.model
      if (event.created > 0) state.created = event.created
      return chunk(state, choice(0, { role: 'assistant', content: '' }))
    case 'part_start':
      return startPart(state, event)
    case 'part_delta':
      return addDelta(state, event)
    case 'part_citation':
      return chunk(state, choice(event.candidate, { annotations: writeCitation(event.citation) }))
    case 'part_end':
      return endPart(state, event.candidate, event.part, event.opaque)
    case 'part_whole':
      return event.content.kind === 'image' ? chunk(state, choice(event.candidate, { images: [{ type: 'image_url', image_url: { url: dataUrl(event.content.mime, event.content.data) } }] })) : ''
    case 'usage':
      state.usage = event.usage
      return ''
    case 'finish':
      return chunk(state, { ...choice(event.candidate, {}), finish_reason: finishWord(event.finish, state.refused.has(event.candidate)) })
    case 'end':
      return usageChunk(state) + dataFrame('[DONE]')
    case 'failure':
      return dataFrame(errorChunk(event.failure))
    case 'ping':
    case 'skipped':
      return ''
  }
}

function choice(index: number, delta: Json): Json {
  return { index, delta, logprobs: null, finish_reason: null }
}

function chunk(state: State, entry: Json | undefined, usage?: Json): string {
  const wanted = state.context.request.includeUsage === true
  return dataFrame(
    JSON.stringify({
      id: `chatcmpl-${state.context.requestId}`,
      object: 'chat.completion.chunk',
      created: state.created,
      model: state.model,
      choices: entry === undefined ? [] : [entry],
      ...(wanted ? { usage: usage ?? null } : {}),
    }),
  )
}

function usageChunk(state: State): string {
  const wanted = state.context.request.includeUsage === true
  return wanted && state.usage !== undefined ? chunk(state, undefined, writeUsage(state.usage)) : ''
}

function startPart(state: State, event: PartStart): string {
  const callIndex = state.calls.get(event.candidate) ?? 0
  state.parts.set(`${event.candidate}.${event.part}`, { start: event, callIndex })
  if (event.type !== 'tool_call') return ''
  state.calls.set(event.candidate, callIndex + 1)
  const call =
    event.custom === true
      ? { index: callIndex, id: event.id, type: 'custom', custom: { name: event.name, input: '' } }
      : compact({ index: callIndex, id: event.id, type: 'function', function: { name: event.name, arguments: '' }, extra_content: extraContent(event.opaque) })
  return chunk(state, choice(event.candidate, { tool_calls: [call] }))
}

function addDelta(state: State, event: Extract<AnswerEvent, { kind: 'part_delta' }>): string {
  const part = state.parts.get(`${event.candidate}.${event.part}`)
  if (part === undefined) return ''
  const { start, callIndex } = part
  switch (start.type) {
    case 'text':
      return chunk(state, { ...choice(event.candidate, { content: event.text }), logprobs: event.logprobs ?? null })
    case 'reasoning':
      return chunk(state, choice(event.candidate, { reasoning_content: event.text }))
    case 'refusal':
      state.refused.add(event.candidate)
      return chunk(state, choice(event.candidate, { refusal: event.text }))
    case 'tool_call': {
      const inner = start.custom === true ? { custom: { input: event.text } } : { function: { arguments: event.text } }
      return chunk(state, choice(event.candidate, { tool_calls: [{ index: callIndex, ...inner }] }))
    }
  }
}

/** Data that belongs to a part and came at its end: signatures. */
function endPart(state: State, candidate: number, number: number, opaque: readonly Opaque[] | undefined): string {
  const part = state.parts.get(`${candidate}.${number}`)
  const known = [...(part?.start.type === 'reasoning' ? (part.start.opaque ?? []) : []), ...(opaque ?? [])]
  if (part === undefined || known.length === 0) return ''
  if (part.start.type === 'reasoning') return chunk(state, choice(candidate, { reasoning_details: known.map(writeDetail) }))
  const extra = part.start.type === 'tool_call' ? extraContent(known) : undefined
  return extra === undefined ? '' : chunk(state, choice(candidate, { tool_calls: [{ index: part.callIndex, extra_content: extra }] }))
}
