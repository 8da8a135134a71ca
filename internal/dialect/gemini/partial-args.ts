import { asNumber, asObject, asString, isObject } from '#lib/json.ts'

/** Arguments that come in pieces, each with a JSON path (`$.location.city`). Source: ai.google.dev, streaming function calls. */
export type PartialArgs = { readonly add: (pieces: readonly unknown[]) => void; readonly text: () => string }

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
  return [...path.matchAll(/\.([^.[\]]+)|\[(\d+)\]|\[["']([^"']+)["']\]/g)].map(([, name, index, quoted]) => name ?? index ?? quoted ?? '')
}

function put(target: Record<string, unknown>, steps: readonly string[], piece: Readonly<Record<string, unknown>>): void {
  let at: Record<string, unknown> | unknown[] = target
  for (const [depth, step] of steps.entries()) {
    const last = depth === steps.length - 1
    const known: unknown = Array.isArray(at) ? at[Number(step)] : at[step]
    const next: unknown = last ? valueOf(known, piece) : isContainer(known) ? known : /^\d+$/.test(steps[depth + 1] ?? '') ? [] : {}
    if (Array.isArray(at)) at[Number(step)] = next
    else at[step] = next
    if (!isContainer(next)) return
    at = next
  }
}

function isContainer(value: unknown): value is Record<string, unknown> | unknown[] {
  return Array.isArray(value) || isObject(value)
}

/** Strings grow piece by piece; all else comes at once. */
function valueOf(known: unknown, piece: Readonly<Record<string, unknown>>): unknown {
  const text = asString(piece['stringValue'])
  if (text !== undefined) return (typeof known === 'string' ? known : '') + text
  return asNumber(piece['numberValue']) ?? piece['boolValue'] ?? (piece['nullValue'] === undefined ? known : null)
}
