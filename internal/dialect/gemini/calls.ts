import type { Emit } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import { createIds } from '#lib/ids.ts'
import { asArray, asObject, asString } from '#lib/json.ts'
import type { DecodeContext } from '../dialect.ts'
import { createPartialArgs, type PartialArgs } from './partial-args.ts'

export type CallsDecoder = {
  readonly read: (call: Json, signature: unknown) => void
  /** Closes a call whose last piece never came. */
  readonly close: () => void
  readonly count: () => number
}

const newId = createIds()

/** Function calls: each comes whole in one part, or begins with a name and goes on in parts without one (`partialArgs`). */
export function decodeCalls(candidate: number, nextPart: () => number, emit: Emit, context: DecodeContext): CallsDecoder {
  const { vendor } = context.target.quirks
  let count = 0
  let partial: { readonly part: number; readonly args: PartialArgs } | undefined

  const end = (part: number, text: string): void => {
    emit({ kind: 'part_delta', candidate, part, text })
    emit({ kind: 'part_end', candidate, part })
  }
  const close = (): void => {
    if (partial !== undefined) end(partial.part, partial.args.text())
    partial = undefined
  }
  const goOn = (call: Json): void => {
    partial?.args.add(asArray(call['partialArgs']))
    if (call['willContinue'] !== true) close()
  }
  const begin = (call: Json, signature: unknown): void => {
    close()
    count++
    const given = asString(call['name']) ?? ''
    const name = context.names?.get(given) ?? given
    const custom = context.request.tools.some((tool) => tool.kind === 'custom' && tool.name === name)
    const part = nextPart()
    const opaque = signature === undefined ? {} : { opaque: [{ vendor, kind: 'signature', data: signature } as const] }
    emit({
      kind: 'part_start',
      candidate,
      part,
      type: 'tool_call',
      id: asString(call['id']) ?? `call_${newId()}`,
      name,
      ...(custom ? { custom } : {}),
      ...opaque,
    })
    const args = asObject(call['args'])
    if (call['willContinue'] === true || Array.isArray(call['partialArgs'])) {
      partial = { part, args: createPartialArgs(args) }
      return goOn(call)
    }
    end(part, custom ? (asString(args['input']) ?? '') : JSON.stringify(args))
  }
  return {
    read(call, signature) {
      if (partial !== undefined && call['name'] === undefined) return goOn(call)
      begin(call, signature)
    },
    close,
    count: () => count,
  }
}
