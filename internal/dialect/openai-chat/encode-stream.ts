import type { AnswerEvent, PartStart, Usage } from '#canonical/answer.ts'
import type { Json, Opaque } from '#canonical/request.ts'
import { dataFrame } from '#framing/sse-write.ts'
import { joined } from '#lib/flat-text.ts'
import { grown } from '#lib/grown.ts'
import { compact } from '#lib/json.ts'
import type { AnswerContext, EventEncoder } from '../dialect.ts'
import { textWriter } from '../text-writer.ts'
import { writeAudio, writeCitation, writeImage } from './encode-answer.ts'
import { errorChunk } from './error.ts'
import { finishWord } from './finish.ts'
import { isLegacy } from './read-tools.ts'
import { extraContent, writeDetail } from './reasoning-details.ts'
import { writeUsage } from './usage.ts'

type OpenPart = {
  readonly start: PartStart
  /** The call's number in its choice: calls count from 0, whatever the parts' numbers are. */
  readonly call: number
  /** Where the part begins in the choice's reasoning or text. */
  readonly offset: number
  /** Arguments that wait for the call's end: for clients that read calls only whole. */
  args: string
  /** Writes a chunk with more text of this part; made at its first. */
  write?: (text: string) => string
}

type ChoiceState = {
  readonly parts: Map<number, OpenPart>
  calls: number
  refused: boolean
  /** Characters so far. */
  reasoned: number
  written: number
  /**
   * Told in one chunk before the finish: SDKs that put deltas together either let the last list win or want numbered
   * entries in every further one.
   */
  readonly details: Json[]
  readonly annotations: Json[]
}

type State = {
  readonly context: AnswerContext
  readonly legacy: boolean
  readonly wantsUsage: boolean
  readonly wholeCalls: boolean
  model: string
  created: number
  usage: Usage | undefined
  readonly choices: Map<number, ChoiceState>
}

/** Canonical → client, a stream of chunks. */
export function encodeStream(context: AnswerContext): EventEncoder {
  const state: State = {
    context,
    legacy: isLegacy(context.request.raw),
    wantsUsage: context.request.includeUsage === true,
    wholeCalls: context.request.wholeCalls === true,
    model: context.request.model,
    created: context.nowSeconds,
    usage: undefined,
    choices: new Map(),
  }
  return (event) => encodeEvent(state, event)
}

function encodeEvent(state: State, event: AnswerEvent): string {
  switch (event.kind) {
    case 'start':
      return start(state, event)
    case 'usage':
      state.usage = event.usage
      return ''
    case 'end':
      return usageChunk(state) + dataFrame('[DONE]')
    case 'failure':
      return dataFrame(errorChunk(event.failure))
    case 'ping':
    case 'skipped':
      return ''
    default:
      return encodeInChoice(state, event)
  }
}

type ChoiceEvent = Extract<AnswerEvent, { readonly candidate: number }>

/** Each choice says its role before anything else. */
function encodeInChoice(state: State, event: ChoiceEvent): string {
  const known = state.choices.get(event.candidate)
  const choice = known ?? beginChoice(state, event.candidate)
  return (known === undefined ? roleChunk(state, event.candidate) : '') + choiceEvent(state, choice, event)
}

function choiceEvent(state: State, choice: ChoiceState, event: ChoiceEvent): string {
  const { candidate } = event
  switch (event.kind) {
    case 'part_start':
      return startPart(state, choice, event)
    case 'part_delta':
      return addDelta(state, choice, event)
    case 'part_citation':
      choice.annotations.push(...writeCitation(event.citation, choice.parts.get(event.part)?.offset ?? 0))
      return ''
    case 'part_end':
      return endPart(state, choice, event)
    case 'part_whole':
      if (event.content.kind === 'server_tool') return ''
      return chunk(
        state,
        candidate,
        event.content.kind === 'image' ? { images: [writeImage(event.content)] } : { audio: writeAudio(event.content.data) },
      )
    case 'finish':
      return closeLists(state, choice, candidate) + finishChunk(state, choice, event)
  }
}

function start(state: State, event: Extract<AnswerEvent, { kind: 'start' }>): string {
  state.model = event.model
  if (event.created > 0) state.created = event.created
  state.usage = event.usage ?? state.usage
  beginChoice(state, 0)
  return roleChunk(state, 0)
}

function beginChoice(state: State, candidate: number): ChoiceState {
  const choice: ChoiceState = {
    parts: new Map(),
    calls: 0,
    refused: false,
    reasoned: 0,
    written: 0,
    details: [],
    annotations: [],
  }
  state.choices.set(candidate, choice)
  return choice
}

function roleChunk(state: State, candidate: number): string {
  return chunk(state, candidate, { role: 'assistant', content: '' })
}

function chunk(
  state: State,
  index: number,
  delta: Json,
  more: { readonly logprobs?: unknown; readonly finish_reason?: string } = {},
): string {
  return frame(state, [{ index, delta, logprobs: more.logprobs ?? null, finish_reason: more.finish_reason ?? null }], null)
}

function frame(state: State, choices: readonly Json[], usage: Json | null): string {
  return dataFrame(
    JSON.stringify({
      id: state.context.answerId ?? joined('chatcmpl-', state.context.requestId),
      object: 'chat.completion.chunk',
      created: state.created,
      model: state.model,
      choices,
      // OpenAI says null in every chunk but the last; Mistral's SDK refuses that.
      ...(state.wantsUsage && (usage !== null || !state.wholeCalls) ? { usage } : {}),
    }),
  )
}

function usageChunk(state: State): string {
  return state.wantsUsage && state.usage !== undefined ? frame(state, [], writeUsage(state.usage)) : ''
}

function startPart(state: State, choice: ChoiceState, event: PartStart): string {
  const offset = event.type === 'reasoning' ? choice.reasoned : choice.written
  const part: OpenPart = { start: event, call: choice.calls, offset, args: '' }
  choice.parts.set(event.part, part)
  if (event.type !== 'tool_call') return ''
  choice.calls += 1
  if (state.legacy) {
    // A message of the form before tools has room for one call only.
    return part.call > 0 ? '' : chunk(state, event.candidate, { function_call: { name: event.name, arguments: '' } })
  }
  return state.wholeCalls ? '' : callChunk(state, part, event, event.opaque)
}

/** The call with its name, and with the arguments that have waited for it. */
function callChunk(
  state: State,
  { call: index, args }: OpenPart,
  { candidate, id, name, custom }: Extract<PartStart, { type: 'tool_call' }>,
  opaque: readonly Opaque[] | undefined,
): string {
  const call =
    custom === true
      ? { index, id, type: 'custom', custom: { name, input: args } }
      : { index, id, type: 'function', function: { name, arguments: args }, extra_content: extraContent(opaque) }
  return chunk(state, candidate, { tool_calls: [compact(call)] })
}

function addDelta(state: State, choice: ChoiceState, event: Extract<AnswerEvent, { kind: 'part_delta' }>): string {
  const part = choice.parts.get(event.part)
  if (part === undefined) return ''
  const { candidate, text, logprobs } = event
  switch (part.start.type) {
    case 'text':
      choice.written += text.length
      return textChunk(state, part, { field: 'content', text, logprobs })
    case 'reasoning':
      choice.reasoned += text.length
      return textChunk(state, part, { field: 'reasoning_content', text })
    case 'refusal':
      choice.refused = true
      return chunk(state, candidate, { refusal: text }, { logprobs })
    case 'tool_call':
      return argsChunk(state, candidate, part, text)
  }
}

type MoreText = { readonly field: string; readonly text: string; readonly logprobs?: unknown }

function textChunk(state: State, part: OpenPart, { field, text, logprobs }: MoreText): string {
  const { candidate } = part.start
  if (logprobs !== undefined) return chunk(state, candidate, { [field]: text }, { logprobs })
  part.write ??= textWriter(chunk(state, candidate, { [field]: '' }), field)
  return part.write(text)
}

function argsChunk(state: State, candidate: number, part: OpenPart, text: string): string {
  const { start: begun, call } = part
  if (state.wholeCalls) {
    part.args = grown(part.args, text)
    return ''
  }
  if (state.legacy) return call > 0 ? '' : chunk(state, candidate, { function_call: { arguments: text } })
  const custom = begun.type === 'tool_call' && begun.custom === true
  const inner = custom ? { custom: { input: '' } } : { function: { arguments: '' } }
  part.write ??= textWriter(chunk(state, candidate, { tool_calls: [{ index: call, ...inner }] }), custom ? 'input' : 'arguments')
  return part.write(text)
}

/** Data that belongs to a part and came at its end: signatures. */
function endPart(state: State, choice: ChoiceState, event: Extract<AnswerEvent, { kind: 'part_end' }>): string {
  const part = choice.parts.get(event.part)
  if (part === undefined) return ''
  const late: readonly Opaque[] = event.opaque ?? []
  const early = part.start.opaque ?? []
  switch (part.start.type) {
    case 'reasoning':
      choice.details.push(
        ...[...early, ...late].map((opaque) => writeDetail(opaque, { start: part.offset, end: choice.reasoned })),
      )
      return ''
    case 'text':
      choice.details.push(...[...early, ...late].map((opaque) => writeDetail(opaque, 'text')))
      return ''
    case 'tool_call': {
      if (state.wholeCalls) return callChunk(state, part, part.start, [...early, ...late])
      const extra = state.legacy ? undefined : extraContent(late)
      return extra === undefined
        ? ''
        : chunk(state, event.candidate, { tool_calls: [{ index: part.call, extra_content: extra }] })
    }
    case 'refusal':
      return ''
  }
}

function closeLists(state: State, { details, annotations }: ChoiceState, candidate: number): string {
  if (details.length === 0 && annotations.length === 0) return ''
  const numbered = details.map((detail, index) => ({ index, ...detail }))
  return chunk(
    state,
    candidate,
    compact({
      reasoning_details: numbered.length === 0 ? undefined : numbered,
      annotations: annotations.length === 0 ? undefined : annotations,
    }),
  )
}

function finishChunk(state: State, choice: ChoiceState, { candidate, finish }: Extract<AnswerEvent, { kind: 'finish' }>): string {
  return chunk(state, candidate, {}, { finish_reason: finishWord(finish, choice.refused, state.legacy) })
}
