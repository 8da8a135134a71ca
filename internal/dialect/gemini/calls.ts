import type { Emit } from '#canonical/answer.ts'
import type { Json, Opaque } from '#canonical/request.ts'
import { createIds } from '#lib/ids.ts'
import { asArray, asObject, asString } from '#lib/json.ts'
import type { DecodeContext } from '../dialect.ts'
import { shortHash } from '../media.ts'
import { createPartialArgs, type PartialArgs } from './partial-args.ts'

export type CallsDecoder = {
  readonly read: (call: Json, opaque: readonly Opaque[] | undefined) => void
  /** Closes a call whose last piece never came. */
  readonly close: () => void
  readonly count: () => number
}

/** What the decoders of one candidate share. */
export type CandidateScope = {
  readonly candidate: number
  readonly emit: Emit
  readonly context: DecodeContext
  /** The provider's id of the answer; empty when it gave none. */
  readonly answerId: () => string
  /** Takes the next part number. */
  readonly nextPart: () => number
}

const newId = createIds()

/** Function calls: each comes whole in one part, or begins with a name and goes on in parts without one (`partialArgs`). */
export function decodeCalls(scope: CandidateScope): CallsDecoder {
  const { candidate, emit, context, nextPart } = scope
  const ids = new Set<string>()
  let partial: { readonly part: number; readonly args: PartialArgs; readonly custom: boolean } | undefined

  const end = (part: number, args: Json, custom: boolean): void => {
    emit({ kind: 'part_delta', candidate, part, text: custom ? (asString(args['input']) ?? '') : JSON.stringify(args) })
    emit({ kind: 'part_end', candidate, part })
  }
  const close = (): void => {
    if (partial !== undefined) end(partial.part, partial.args.value(), partial.custom)
    partial = undefined
  }
  const goOn = (call: Json): void => {
    partial?.args.add(asArray(call['partialArgs']))
    if (call['willContinue'] !== true) close()
  }
  const begin = (given: string, call: Json, opaque: readonly Opaque[] | undefined): void => {
    const name = context.names?.get(given) ?? given
    const custom = context.request.tools.some((tool) => tool.kind === 'custom' && tool.name === name)
    const part = nextPart()
    const id = idOf(call, ids, scope)
    emit({
      kind: 'part_start',
      candidate,
      part,
      type: 'tool_call',
      id,
      name,
      ...(custom ? { custom } : {}),
      ...(opaque === undefined ? {} : { opaque }),
    })
    const args = asObject(call['args'])
    if (call['willContinue'] !== true && !Array.isArray(call['partialArgs'])) return end(part, args, custom)
    partial = { part, args: createPartialArgs(args), custom }
    goOn(call)
  }
  return {
    read(call, opaque) {
      const name = asString(call['name']) ?? ''
      if (name === '') return goOn(call)
      close()
      begin(name, call, opaque)
    },
    close,
    count: () => ids.size,
  }
}

/**
 * Most models give no ids, which all other dialects need, different ones for all calls of a conversation. Made of the
 * answer's id, they are the same whenever the same answer is read.
 */
function idOf(call: Json, ids: Set<string>, { candidate, answerId }: CandidateScope): string {
  const given = asString(call['id']) ?? ''
  const made = answerId() === '' ? newId() : shortHash(`${answerId()} ${candidate} ${ids.size}`, 20)
  const id = given === '' || ids.has(given) ? `call_${made}` : given
  ids.add(id)
  return id
}
