import type { Emit } from '#canonical/answer.ts'
import type { Citation, Json, Opaque } from '#canonical/request.ts'
import { grown } from '#lib/grown.ts'
import { asObject, asString, isObject, parseJson } from '#lib/json.ts'
import type { DecodeContext } from '../dialect.ts'
import { readCitation, readCitations } from './citations.ts'
import { customText, isCustom, isServerBlock, toolName } from './decode-answer.ts'
import type { Calls } from './finish.ts'

/** The content blocks of a stream, each made a part. Blocks are told apart by their index. */
export type BlocksDecoder = {
  readonly start: (index: number, block: Json) => void
  readonly delta: (index: number, delta: Json) => void
  readonly stop: (index: number) => void
  /** Closes what was left open. */
  readonly close: () => void
  readonly calls: () => Calls
}

type Block =
  | { readonly kind: 'text' | 'reasoning'; readonly part: number; opaque: readonly Opaque[] }
  | { readonly kind: 'tool_call'; readonly part: number; readonly custom: boolean; readonly input: unknown; args: string }
  | { readonly kind: 'server_tool'; readonly raw: Json; args: string }
  /** A type that we do not know. */
  | { readonly kind: 'skipped' }

type State = {
  readonly emit: Emit
  readonly context: DecodeContext
  readonly open: Map<number, Block>
  parts: number
  calls: Calls
}

export function decodeBlocks(emit: Emit, context: DecodeContext): BlocksDecoder {
  const state: State = { emit, context, open: new Map(), parts: 0, calls: 'none' }
  return {
    start: (index, block) => startBlock(state, index, block),
    delta: (index, delta) => addDelta(state, index, delta),
    stop: (index) => stopBlock(state, index),
    close() {
      for (const index of [...state.open.keys()]) stopBlock(state, index)
    },
    calls: () => state.calls,
  }
}

function startBlock(state: State, index: number, block: Json): void {
  // After a second beginning the numbers may start anew.
  stopBlock(state, index)
  const type = asString(block['type']) ?? ''
  if (type === 'tool_use') state.calls = 'open'
  else if (state.calls === 'open') state.calls = 'answered'
  switch (type) {
    case 'text':
      return startText(state, index, asString(block['text']) ?? '', readCitations(block['citations']))
    case 'thinking':
      return startReasoning(state, index, asString(block['thinking']) ?? '', signature(state, block['signature']))
    case 'redacted_thinking':
      return startReasoning(state, index, '', [
        { vendor: state.context.target.quirks.vendor, kind: 'redacted', data: block['data'] },
      ])
    case 'tool_use':
      return startCall(state, index, block)
    default:
      state.open.set(index, isServerBlock(type) ? { kind: 'server_tool', raw: block, args: '' } : { kind: 'skipped' })
  }
}

function signature({ context }: State, data: unknown): readonly Opaque[] {
  return typeof data === 'string' && data !== '' ? [{ vendor: context.target.quirks.vendor, kind: 'signature', data }] : []
}

function startText(state: State, index: number, text: string, citations: readonly Citation[] = []): void {
  const part = state.parts++
  state.open.set(index, { kind: 'text', part, opaque: [] })
  state.emit({ kind: 'part_start', candidate: 0, part, type: 'text' })
  emitText(state, part, text)
  for (const citation of citations) state.emit({ kind: 'part_citation', candidate: 0, part, citation })
}

function startReasoning(state: State, index: number, text: string, opaque: readonly Opaque[]): void {
  const part = state.parts++
  state.open.set(index, { kind: 'reasoning', part, opaque })
  state.emit({ kind: 'part_start', candidate: 0, part, type: 'reasoning' })
  emitText(state, part, text)
}

function startCall(state: State, index: number, block: Json): void {
  const part = state.parts++
  const name = toolName(block, state.context)
  const custom = isCustom(name, state.context)
  const id = asString(block['id']) ?? `call_${part}`
  state.open.set(index, { kind: 'tool_call', part, custom, input: block['input'], args: '' })
  state.emit({ kind: 'part_start', candidate: 0, part, type: 'tool_call', id, name, ...(custom ? { custom } : {}) })
}

function addDelta(state: State, index: number, delta: Json): void {
  const block = state.open.get(index) ?? openUntold(state, index, delta)
  switch (block?.kind) {
    case 'text':
    case 'reasoning':
      return addToText(state, block, delta)
    case 'tool_call':
    case 'server_tool':
      return addToInput(state, block, asString(delta['partial_json']) ?? '')
    default:
      return
  }
}

function addToText(state: State, block: Extract<Block, { kind: 'text' | 'reasoning' }>, delta: Json): void {
  const { part } = block
  switch (delta['type']) {
    case 'text_delta':
      return emitText(state, part, asString(delta['text']) ?? '')
    case 'thinking_delta':
      return emitText(state, part, asString(delta['thinking']) ?? '')
    case 'signature_delta':
      block.opaque = signature(state, delta['signature'])
      return
    case 'citations_delta':
      return state.emit({ kind: 'part_citation', candidate: 0, part, citation: readCitation(asObject(delta['citation'])) })
    default:
      return
  }
}

function addToInput(state: State, block: Extract<Block, { kind: 'tool_call' | 'server_tool' }>, text: string): void {
  block.args = grown(block.args, text)
  if (block.kind === 'tool_call' && !block.custom) emitText(state, block.part, text)
}

/** A block whose start was lost: text and thoughts need none, a call without its name is nothing. */
function openUntold(state: State, index: number, delta: Json): Block | undefined {
  if (delta['type'] === 'text_delta') startText(state, index, '')
  if (delta['type'] === 'thinking_delta') startReasoning(state, index, '', [])
  return state.open.get(index)
}

function emitText({ emit }: State, part: number, text: string): void {
  if (text !== '') emit({ kind: 'part_delta', candidate: 0, part, text })
}

function stopBlock(state: State, index: number): void {
  const block = state.open.get(index)
  state.open.delete(index)
  switch (block?.kind) {
    case 'text':
    case 'reasoning':
      return state.emit({
        kind: 'part_end',
        candidate: 0,
        part: block.part,
        ...(block.opaque.length === 0 ? {} : { opaque: block.opaque }),
      })
    case 'tool_call':
      emitText(state, block.part, restOfArgs(block))
      return state.emit({ kind: 'part_end', candidate: 0, part: block.part })
    case 'server_tool':
      return stopServerTool(state, block)
    default:
      return
  }
}

/** What of the arguments was not told yet: a tool without any gets no delta, and some servers put them into the start. */
function restOfArgs({ custom, args, input }: Extract<Block, { kind: 'tool_call' }>): string {
  const whole = args === '' ? JSON.stringify(isObject(input) ? input : {}) : args
  if (custom) return customText(whole)
  return args === '' ? whole : ''
}

/** Its number is that of the moment when it is told: all at once, at its end. */
function stopServerTool(state: State, { raw, args }: Extract<Block, { kind: 'server_tool' }>): void {
  const { emit, context } = state
  const part = state.parts++
  const input = parseJson(args)
  const content = { kind: 'server_tool', type: asString(raw['type']) ?? '', vendor: context.target.quirks.vendor } as const
  emit({ kind: 'part_whole', candidate: 0, part, content: { ...content, raw: input.ok ? { ...raw, input: input.value } : raw } })
}
