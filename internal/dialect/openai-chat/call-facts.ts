import type { Json } from '#canonical/request.ts'
import { createIds } from '#lib/ids.ts'
import { asObject, asString, isObject, parseJson } from '#lib/json.ts'
import type { DecodeContext } from '../dialect.ts'

/** What a tool call, or a fragment of one, says. Empty texts are what is not told. */
export type CallFacts = {
  readonly id: string
  readonly name: string
  readonly args: string
  /** A custom tool on the wire. */
  readonly native: boolean
}

/** Reads a call whole or in part: any of its fields may be missing, null or of another type. */
export function readCallFacts(call: Json): CallFacts {
  const custom = asObject(call['custom'])
  const fn = asObject(call['function'])
  const args = fn['arguments'] ?? custom['input']
  return {
    id: asString(call['id']) ?? '',
    name: asString(fn['name']) ?? asString(custom['name']) ?? '',
    args: typeof args === 'string' ? args : args === undefined || args === null ? '' : JSON.stringify(args),
    native: call['type'] === 'custom',
  }
}

const newId = createIds()

/** An id for a call that came without one. */
export function callId(): string {
  return `call_${newId()}`
}

/** Whether the client declared the tool as a custom one, which was told to the provider as a function. */
export function isEmulated(name: string, { request }: DecodeContext): boolean {
  return request.tools.some((tool) => tool.kind === 'custom' && tool.name === name)
}

/** The text of an emulated custom tool's only argument; cut at the limit, what there is of the JSON text. */
export function unwrapInput(args: string): string {
  const parsed = parseJson(args)
  return parsed.ok && isObject(parsed.value) ? (asString(parsed.value['input']) ?? args) : args
}
