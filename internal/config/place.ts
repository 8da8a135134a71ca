import { type Document, isMap, isNode, isScalar, isSeq, type LineCounter } from 'yaml'

/** A place in the file, from 1. */
export type Place = { readonly line: number; readonly column: number }

/** Finds where a value or a key stands. */
export type Locate = (path: readonly string[], what: 'key' | 'value') => Place

/** `path` are keys and indexes; a path that leads nowhere gives the place of its nearest ancestor. */
export function locator(document: Document, lines: LineCounter): Locate {
  return (path, what) => {
    let node: unknown = document.contents
    let offset = offsetOf(document.contents) ?? 0
    for (const [depth, step] of path.entries()) {
      const next = child(node, step)
      if (next === undefined) break
      const last = depth === path.length - 1
      offset = (last && what === 'key' ? offsetOf(next.key) : undefined) ?? offsetOf(next.value) ?? offsetOf(next.key) ?? offset
      node = next.value
    }
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
}

function child(node: unknown, step: string): { readonly key: unknown; readonly value: unknown } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => (isScalar(key) ? String(key.value) : String(key)) === step)
    return pair === undefined ? undefined : { key: pair.key, value: pair.value }
  }
  if (isSeq(node)) {
    const value = node.items[Number(step)]
    return value === undefined ? undefined : { key: undefined, value }
  }
  return undefined
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined
}
