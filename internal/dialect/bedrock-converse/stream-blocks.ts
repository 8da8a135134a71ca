import type { Emit } from '#canonical/answer.ts'
import type { Json, Opaque } from '#canonical/request.ts'
import { grown } from '#lib/grown.ts'
import { asString, isObject } from '#lib/json.ts'
import type { DecodeContext } from '../dialect.ts'
import { readCitation } from './citations.ts'
import { customText, isCustom, isServerCall, redactedOf, signatureOf, toolName } from './decode-answer.ts'

/** The content blocks of a stream, each made a part. Blocks are told apart by their index; text and thoughts have no start. */
export type BlocksDecoder = {
  readonly start: (index: number, start: Json) => void
  readonly delta: (index: number, delta: Json) => void
  readonly stop: (index: number) => void
  /** Closes what was left open. */
  readonly close: () => void
  /** Whether a tool was called. */
  readonly called: () => boolean
}

type Block =
  | { readonly kind: 'text' | 'reasoning'; readonly part: number; opaque: readonly Opaque[] }
  | { readonly kind: 'tool_call'; readonly part: number; readonly custom: boolean; args: string }
  /** What nobody is to see: a tool that ran at Amazon. */
  | { readonly kind: 'skipped' }

type State = {
  readonly emit: Emit
  readonly context: DecodeContext
  readonly open: Map<number, Block>
  parts: number
  called: boolean
}

export function decodeBlocks(emit: Emit, context: DecodeContext): BlocksDecoder {
  const state: State = { emit, context, open: new Map(), parts: 0, called: false }
  return {
    start: (index, start) => startBlock(state, index, start),
    delta: (index, delta) => addDelta(state, index, delta),
    stop: (index) => stopBlock(state, index),
    close() {
      for (const index of [...state.open.keys()]) stopBlock(state, index)
    },
    called: () => state.called,
  }
}

/** An empty start is that of a text, which begins with its first delta. */
function startBlock(state: State, index: number, start: Json): void {
  stopBlock(state, index)
  const call = start['toolUse']
  if (isObject(call) && !isServerCall(call)) return startCall(state, index, call)
  if (Object.keys(start).length > 0) state.open.set(index, { kind: 'skipped' })
}

function startCall(state: State, index: number, call: Json): void {
  const part = state.parts++
  const name = toolName(call, state.context)
  const custom = isCustom(name, state.context)
  const id = asString(call['toolUseId']) ?? `call_${part}`
  state.called = true
  state.open.set(index, { kind: 'tool_call', part, custom, args: '' })
  state.emit({ kind: 'part_start', candidate: 0, part, type: 'tool_call', id, name, ...(custom ? { custom } : {}) })
}

function addDelta(state: State, index: number, delta: Json): void {
  const reasoning = delta['reasoningContent']
  if (isObject(reasoning)) return addReasoning(state, index, reasoning)
  if (isObject(delta['toolUse'])) return addInput(state, index, asString(delta['toolUse']['input']) ?? '')
  const { citation } = delta
  if (isObject(citation)) {
    const block = openAs(state, index, 'text')
    if (block !== undefined)
      state.emit({ kind: 'part_citation', candidate: 0, part: block.part, citation: readCitation(citation) })
    return
  }
  const text = asString(delta['text'])
  const block = text === undefined ? undefined : openAs(state, index, 'text')
  if (block !== undefined) emitText(state, block.part, text ?? '')
}

type Spoken = Extract<Block, { kind: 'text' | 'reasoning' }>

/** The open block of this index, begun where nothing told of it. */
function openAs(state: State, index: number, kind: Spoken['kind']): Spoken | undefined {
  const open = state.open.get(index)
  if (open !== undefined) return open.kind === kind ? open : undefined
  const block: Spoken = { kind, part: state.parts++, opaque: [] }
  state.open.set(index, block)
  state.emit({ kind: 'part_start', candidate: 0, part: block.part, type: kind })
  return block
}

function addReasoning(state: State, index: number, content: Json): void {
  const block = openAs(state, index, 'reasoning')
  if (block === undefined) return
  const { context } = state
  emitText(state, block.part, asString(content['text']) ?? '')
  block.opaque = [
    ...block.opaque,
    ...signatureOf(asString(content['signature']), context),
    ...redactedOf(asString(content['redactedContent']), context),
  ]
}

function addInput(state: State, index: number, text: string): void {
  const block = state.open.get(index)
  if (block?.kind !== 'tool_call') return
  block.args = grown(block.args, text)
  if (!block.custom) emitText(state, block.part, text)
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
    default:
      return
  }
}

/** What of the arguments was not told yet: a tool without any gets no delta. */
function restOfArgs({ custom, args }: Extract<Block, { kind: 'tool_call' }>): string {
  if (custom) return customText(args === '' ? '{}' : args)
  return args === '' ? '{}' : ''
}
