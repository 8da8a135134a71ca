import { asNumber, asObject, asString, isObject } from '#lib/json.ts'

/** Arguments that come in pieces, each with a JSON path (`$.location.city`). Source: ai.google.dev, streaming function calls. */
export type PartialArgs = { readonly add: (pieces: readonly unknown[]) => void; readonly text: () => string }

type Container = Record<string, unknown> | unknown[]

export function createPartialArgs(initial: Readonly<Record<string, unknown>>): PartialArgs {
  const args: Record<string, unknown> = { ...initial }
  return {
    add(pieces) {
      for (const piece of pieces.map(asObject)) {
        const path = asString(piece['jsonPath'])
        if (path !== undefined) put(args, stepsOf(path), piece)
      }
    },
    text: () => JSON.stringify(args),
  }
}

/** `$.a.b[0]["c d"]` as steps. */
function stepsOf(path: string): readonly string[] {
  return [...path.matchAll(/\.([^.[\]]+)|\[(\d+)\]|\[["']([^"']+)["']\]/g)].map(
    ([, name, index, quoted]) => name ?? index ?? quoted ?? '',
  )
}

function put(target: Container, [step, ...rest]: readonly string[], piece: Readonly<Record<string, unknown>>): void {
  if (step === undefined) return
  const known = get(target, step)
  if (rest.length === 0) return set(target, step, grown(known, piece))
  const next: Container = isContainer(known) ? known : /^\d+$/.test(rest[0] ?? '') ? [] : {}
  set(target, step, next)
  put(next, rest, piece)
}

function get(container: Container, step: string): unknown {
  return Array.isArray(container) ? container[Number(step)] : container[step]
}

function set(container: Container, step: string, value: unknown): void {
  if (Array.isArray(container)) container[Number(step)] = value
  else Object.defineProperty(container, step, { value, writable: true, enumerable: true, configurable: true })
}

function isContainer(value: unknown): value is Container {
  return Array.isArray(value) || isObject(value)
}

/** Strings grow piece by piece; all else comes at once. */
function grown(known: unknown, piece: Readonly<Record<string, unknown>>): unknown {
  const text = asString(piece['stringValue'])
  if (text !== undefined) return (typeof known === 'string' ? known : '') + text
  return asNumber(piece['numberValue']) ?? piece['boolValue'] ?? (piece['nullValue'] === undefined ? known : null)
}
