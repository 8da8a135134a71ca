import type { Json } from '#canonical/request.ts'
import { asNumber, asObject, asString, isObject } from '#lib/json.ts'

/** Arguments that come in pieces, each with a JSON path (`$.location.city`). Source: @google/genai, PartialArg. */
export type PartialArgs = { readonly add: (pieces: readonly unknown[]) => void; readonly value: () => Json }

type Container = Record<string, unknown> | unknown[]

export function createPartialArgs(initial: Json): PartialArgs {
  const args: Record<string, unknown> = { ...initial }
  return {
    add(pieces) {
      for (const piece of pieces.map(asObject)) {
        const path = asString(piece['jsonPath'])
        if (path !== undefined) put(args, stepsOf(path), piece)
      }
    },
    value: () => args,
  }
}

/** `$.a.b[0]["c d"]` as steps. */
function stepsOf(path: string): readonly string[] {
  return [...path.matchAll(/\.([^.[\]]+)|\[(\d+)\]|\[["']([^"']+)["']\]/g)].map(
    ([, name, index, quoted]) => name ?? index ?? quoted ?? '',
  )
}

function put(target: Container, [step, ...rest]: readonly string[], piece: Json): void {
  if (step === undefined) return
  const known = get(target, step)
  if (rest.length === 0) return set(target, step, grown(known, piece))
  const next: Container = isContainer(known) ? known : /^\d+$/.test(rest[0] ?? '') ? [] : {}
  set(target, step, next)
  put(next, rest, piece)
}

/** Own fields only: a path may name `__proto__`. */
function get(container: Container, step: string): unknown {
  if (Array.isArray(container)) return container[Number(step)]
  return Object.hasOwn(container, step) ? container[step] : undefined
}

/** Elements come in order: a place far behind the end would make a list of nothing. */
function set(container: Container, step: string, value: unknown): void {
  if (!Array.isArray(container))
    Object.defineProperty(container, step, { value, writable: true, enumerable: true, configurable: true })
  else if (Number(step) <= container.length) container[Number(step)] = value
}

function isContainer(value: unknown): value is Container {
  return Array.isArray(value) || isObject(value)
}

/** Strings grow piece by piece; all else comes at once. */
function grown(known: unknown, piece: Json): unknown {
  const text = asString(piece['stringValue'])
  if (text !== undefined) return (typeof known === 'string' ? known : '') + text
  return asNumber(piece['numberValue']) ?? piece['boolValue'] ?? (piece['nullValue'] === undefined ? known : null)
}
