import type { Emit } from '#canonical/answer.ts'
import type { Json, Opaque } from '#canonical/request.ts'
import { grown } from '#lib/grown.ts'
import { asNumber, parseJson } from '#lib/json.ts'
import type { DecodeContext } from '../dialect.ts'
import { type CallFacts, callId, isEmulated, readCallFacts, unwrapInput } from './call-facts.ts'
import { googleSignature } from './reasoning-details.ts'

/** The tool calls of one choice. */
export type CallsDecoder = {
  /**
   * Gives the index under which SDKs that go by it alone put the fragment to its call: its own, unless it has none or that of another
   * call.
   */
  readonly read: (fragment: Json, inherited: readonly Opaque[] | undefined) => number
  /** Ends all calls. `cut`: the answer ended at its limit, maybe within a call. */
  readonly close: (cut: boolean) => void
  readonly count: () => number
}

type OpenCall = {
  readonly index: number | undefined
  /** Its own in any case. */
  readonly shownIndex: number
  readonly wireId: string
  /** The part's number, once the call has a name and is told. */
  part: number | undefined
  custom: boolean
  /** An emulated custom tool's arguments are told when they are whole. */
  held: boolean
  args: string
  opaque: readonly Opaque[] | undefined
  /** How much of the signature has been told with the start. */
  opaqueTold: boolean
}

/**
 * Puts fragments of tool calls together. They are told apart by `index`; where servers leave it out or give all the same, by
 * a new id; a fragment with neither belongs to the last call. Names and ids that are repeated are not joined.
 */
export function decodeCalls(candidate: number, nextPart: () => number, emit: Emit, context: DecodeContext): CallsDecoder {
  const calls: OpenCall[] = []

  const find = (index: number | undefined, facts: CallFacts): OpenCall | undefined => {
    const { id } = facts
    const byIndex = index === undefined ? calls.at(-1) : calls.findLast((call) => call.index === index)
    if (byIndex === undefined) return undefined
    if (id === '') return beginsAnew(facts, byIndex) ? undefined : byIndex
    if (byIndex.wireId === id || (byIndex.wireId === '' && index !== undefined)) return byIndex
    return calls.find((call) => call.wireId === id)
  }
  const begin = (index: number | undefined, { id }: CallFacts): OpenCall => {
    const taken = calls.map(({ shownIndex }) => shownIndex)
    const call: OpenCall = {
      index,
      shownIndex: index === undefined || taken.includes(index) ? Math.max(-1, ...taken) + 1 : index,
      wireId: id,
      part: undefined,
      custom: false,
      held: false,
      args: '',
      opaque: undefined,
      opaqueTold: false,
    }
    calls.push(call)
    return call
  }
  const tell = (call: OpenCall, facts: CallFacts): void => {
    const name = context.names?.get(facts.name) ?? facts.name
    call.held = !facts.native && isEmulated(name, context)
    call.custom = facts.native || call.held
    call.part = nextPart()
    call.opaqueTold = call.opaque !== undefined
    const repeated = calls.some((other) => other !== call && other.wireId === facts.id)
    const known = call.wireId === '' ? facts.id : call.wireId
    emit({
      kind: 'part_start',
      candidate,
      part: call.part,
      type: 'tool_call',
      id: known === '' || repeated ? callId() : known,
      name,
      ...(call.custom ? { custom: true } : {}),
      ...(call.opaque === undefined ? {} : { opaque: call.opaque }),
    })
    if (call.args !== '' && !call.held) emit({ kind: 'part_delta', candidate, part: call.part, text: call.args })
  }
  return {
    read(fragment, inherited) {
      const facts = readCallFacts(fragment)
      const index = asNumber(fragment['index'])
      const call = find(index, facts) ?? begin(index, facts)
      call.opaque ??= googleSignature(fragment) ?? (calls.length === 1 ? inherited : undefined)
      call.args = grown(call.args, facts.args)
      if (call.part === undefined) {
        // Some servers name the function only in a later fragment.
        if (facts.name !== '') tell(call, facts)
      } else if (facts.args !== '' && !call.held) {
        emit({ kind: 'part_delta', candidate, part: call.part, text: facts.args })
      }
      return call.shownIndex
    },
    close(cut) {
      for (const call of calls) {
        const { part, opaque } = call
        if (part === undefined) continue
        const rest = restOf(call, cut)
        if (rest !== '') emit({ kind: 'part_delta', candidate, part, text: rest })
        emit({ kind: 'part_end', candidate, part, ...(opaque === undefined || call.opaqueTold ? {} : { opaque }) })
      }
    },
    count: () => calls.filter((call) => call.part !== undefined).length,
  }
}

/** What is still to be told of the arguments. A call without any has `{}`, unless it was cut off before the first. */
function restOf({ held, args, custom }: OpenCall, cut: boolean): string {
  if (held) return unwrapInput(args)
  return args.trim() === '' && !custom && !cut ? '{}' : ''
}

/** Gemini's OpenAI layer sends whole calls without ids, all with the same index. */
function beginsAnew(facts: CallFacts, last: OpenCall): boolean {
  if (facts.name === '' || last.part === undefined || !facts.args.trimStart().startsWith('{')) return false
  return last.args !== '' && parseJson(last.args).ok
}
