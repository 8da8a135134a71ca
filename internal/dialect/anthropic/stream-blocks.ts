import type { Emit } from '#canonical/answer.ts'
import type { Json, Opaque } from '#canonical/request.ts'
import { asArray, asObject, asString, parseJson } from '#lib/json.ts'
import type { DecodeContext } from '../dialect.ts'
import { isCustom, isServerBlock, readCitation, toolName } from './decode-answer.ts'

export type BlocksDecoder = {
  readonly start: (index: number, block: Json) => void
  readonly delta: (index: number, delta: Json) => void
  readonly stop: (index: number) => void
  /** Closes what was left open. */
  readonly close: () => void
}

type Block =
  | { readonly kind: 'text' | 'reasoning'; readonly part: number; opaque: readonly Opaque[] }
  | { readonly kind: 'tool_call'; readonly part: number; readonly custom: boolean; readonly input: Json; args: string }
  | { readonly kind: 'server_tool'; readonly part: number; readonly raw: Json; args: string }

/** The content blocks of a stream, each to a part. */
export function decodeBlocks(emit: Emit, context: DecodeContext): BlocksDecoder {
  const { vendor } = context.target.quirks
  const open = new Map<number, Block>()
  let parts = 0

  const startText = (index: number, kind: 'text' | 'reasoning', text: string, opaque: readonly Opaque[] = []): void => {
    const part = parts++
    open.set(index, { kind, part, opaque })
    emit({ kind: 'part_start', candidate: 0, part, type: kind })
    if (text !== '') emit({ kind: 'part_delta', candidate: 0, part, text })
  }
  const startCall = (index: number, block: Json): void => {
    const part = parts++
    const name = toolName(block, context)
    const custom = isCustom(name, context)
    open.set(index, { kind: 'tool_call', part, custom, input: asObject(block['input']), args: '' })
    emit({ kind: 'part_start', candidate: 0, part, type: 'tool_call', id: asString(block['id']) ?? `call_${part}`, name, ...(custom ? { custom } : {}) })
  }
  const stop = (index: number): void => {
    const block = open.get(index)
    if (block === undefined) return
    open.delete(index)
    endBlock(block, vendor, emit)
  }
  return {
    start(index, block) {
      const type = asString(block['type']) ?? ''
      if (type === 'text') {
        startText(index, 'text', asString(block['text']) ?? '')
        for (const citation of asArray(block['citations'])) emit({ kind: 'part_citation', candidate: 0, part: parts - 1, citation: readCitation(asObject(citation)) })
      } else if (type === 'thinking') startText(index, 'reasoning', asString(block['thinking']) ?? '')
      else if (type === 'redacted_thinking') startText(index, 'reasoning', '', [{ vendor, kind: 'redacted', data: block['data'] }])
      else if (type === 'tool_use') startCall(index, block)
      else if (isServerBlock(type)) open.set(index, { kind: 'server_tool', part: parts++, raw: block, args: '' })
    },
    delta(index, delta) {
      const block = open.get(index)
      if (block !== undefined) addDelta(block, delta, vendor, emit)
    },
    stop,
    close() {
      for (const index of [...open.keys()]) stop(index)
    },
  }
}

function addDelta(block: Block, delta: Json, vendor: string, emit: Emit): void {
  const { part } = block
  switch (delta['type']) {
    case 'text_delta':
      return emitText(part, asString(delta['text']), emit)
    case 'thinking_delta':
      return emitText(part, asString(delta['thinking']), emit)
    case 'signature_delta':
      if (block.kind === 'reasoning' || block.kind === 'text') block.opaque = [{ vendor, kind: 'signature', data: delta['signature'] }]
      return
    case 'citations_delta':
      return emit({ kind: 'part_citation', candidate: 0, part, citation: readCitation(asObject(delta['citation'])) })
    case 'input_json_delta': {
      const text = asString(delta['partial_json']) ?? ''
      if (block.kind === 'tool_call' || block.kind === 'server_tool') block.args += text
      if (block.kind === 'tool_call' && !block.custom) emitText(part, text, emit)
      return
    }
    default:
      return
  }
}

function emitText(part: number, text: string | undefined, emit: Emit): void {
  if (text !== undefined && text !== '') emit({ kind: 'part_delta', candidate: 0, part, text })
}

function endBlock(block: Block, vendor: string, emit: Emit): void {
  const { part } = block
  switch (block.kind) {
    case 'server_tool': {
      const input = parseJson(block.args)
      const raw = block.args === '' || !input.ok ? block.raw : { ...block.raw, input: input.value }
      return emit({ kind: 'part_whole', candidate: 0, part, content: { kind: 'server_tool', type: asString(block.raw['type']) ?? '', vendor, raw } })
    }
    case 'tool_call':
      // A tool without arguments gets no delta, or an empty one; some servers put the whole input into the start.
      emitText(part, restOfArgs(block), emit)
      return emit({ kind: 'part_end', candidate: 0, part })
    default:
      return emit({ kind: 'part_end', candidate: 0, part, ...(block.opaque.length === 0 ? {} : { opaque: block.opaque }) })
  }
}

function restOfArgs(block: Extract<Block, { kind: 'tool_call' }>): string {
  if (block.custom) {
    const parsed = parseJson(block.args)
    return parsed.ok ? (asString(asObject(parsed.value)['input']) ?? '') : block.args
  }
  return block.args === '' ? JSON.stringify(block.input) : ''
}
