import type { Emit } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import { asNumber, asObject, asString } from '#lib/json.ts'
import type { DecodeContext } from '../dialect.ts'
import { callId, isCustom, unwrapInput } from './decode-answer.ts'
import { callOpaque } from './opaque-fields.ts'

/** The tool calls of one choice. */
export type CallsDecoder = { readonly read: (fragment: Json) => void; readonly close: () => void; readonly count: () => number }

type OpenCall = {
  readonly index: number | undefined
  readonly wireId: string
  readonly part: number
  readonly custom: boolean
  /** An emulated custom tool's arguments are told when they are whole. */
  readonly held: boolean
  args: string
}

/**
 * Puts fragments of tool calls together. They are told apart by `index`; where servers leave it out or give all the same, by
 * a new id; a fragment with neither belongs to the last call. Names and ids that are repeated are not joined.
 */
export function decodeCalls(candidate: number, nextPart: () => number, emit: Emit, context: DecodeContext): CallsDecoder {
  const calls: OpenCall[] = []

  const find = (index: number | undefined, id: string): OpenCall | undefined => {
    if (index === undefined) return id === '' ? calls.at(-1) : calls.find((call) => call.wireId === id)
    const sameIndex = calls.findLast((call) => call.index === index)
    if (sameIndex === undefined || id === '' || sameIndex.wireId === '' || sameIndex.wireId === id) return sameIndex
    return calls.find((call) => call.wireId === id)
  }
  const begin = (fragment: Json, index: number | undefined, id: string): OpenCall => {
    const given = asString(asObject(fragment['function'])['name']) ?? asString(asObject(fragment['custom'])['name']) ?? ''
    const name = context.names?.get(given) ?? given
    const native = fragment['type'] === 'custom'
    const held = !native && isCustom(name, context)
    const custom = native || held
    const call: OpenCall = { index, wireId: id, part: nextPart(), custom, held, args: '' }
    calls.push(call)
    const opaque = callOpaque(fragment)
    const id_ = id === '' || calls.some((other) => other !== call && other.wireId === id) ? callId() : id
    emit({ kind: 'part_start', candidate, part: call.part, type: 'tool_call', id: id_, name, ...(custom ? { custom: true } : {}), ...(opaque === undefined ? {} : { opaque }) })
    return call
  }
  return {
    read(fragment) {
      const index = asNumber(fragment['index'])
      const id = asString(fragment['id']) ?? ''
      const call = find(index, id) ?? begin(fragment, index, id)
      const text = argsOf(fragment)
      call.args += text
      if (text !== '' && !call.held) emit({ kind: 'part_delta', candidate, part: call.part, text })
    },
    close() {
      for (const { part, held, args, custom } of calls) {
        // A call without arguments has `{}`, which every other dialect wants to see.
        const rest = held ? unwrapInput(args) : args.trim() === '' && !custom ? '{}' : ''
        if (rest !== '') emit({ kind: 'part_delta', candidate, part, text: rest })
        emit({ kind: 'part_end', candidate, part })
      }
    },
    count: () => calls.length,
  }
}

function argsOf(fragment: Json): string {
  const args = asObject(fragment['function'])['arguments'] ?? asObject(fragment['custom'])['input']
  if (typeof args === 'string') return args
  return args === undefined || args === null ? '' : JSON.stringify(args)
}
