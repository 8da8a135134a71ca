import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type LineCounter, type Pair, Scalar, type YAMLMap } from 'yaml'

/** A text as YAML's own parser read it. */
export type Parsed = { readonly document: Document.Parsed; readonly lines: LineCounter }

/** A place in the file, from 1. */
export type Place = { readonly line: number; readonly column: number }

/** Finds where things stand in the file. `path` are keys and indexes. */
export type Locate = {
  /** The place of a key or a value; a path that leads nowhere gives the place of its nearest ancestor. */
  readonly place: (path: readonly string[], what: 'key' | 'value') => Place
  /** Whether the value is a text without quotes, which YAML may read as a number. */
  readonly isPlain: (path: readonly string[]) => boolean
}

type Step = { readonly key: unknown; readonly value: unknown }

/** Follows aliases and merge keys to where the value is written. The document is asked for when the first place is. */
export function locator(parsed: () => Parsed): Locate {
  const stepsOf = (path: readonly string[]): readonly Step[] => {
    const { document } = parsed()
    const steps: Step[] = []
    let node: unknown = document.contents
    for (const name of path) {
      const next = child(resolve(node, document), name, document)
      if (next === undefined) break
      steps.push(next)
      node = next.value
    }
    return steps
  }
  return {
    place(path, what) {
      const { document, lines } = parsed()
      const steps = stepsOf(path)
      const last = steps.at(-1)
      const complete = steps.length === path.length
      const key = complete && what === 'key' ? offsetOf(last?.key) : undefined
      const offset = key ?? offsetOf(last?.value) ?? offsetOf(last?.key) ?? offsetOf(document.contents) ?? 0
      const { line, col } = lines.linePos(offset)
      return { line, column: col }
    },
    isPlain(path) {
      const steps = stepsOf(path)
      const node = steps.length === path.length ? resolve(steps.at(-1)?.value, parsed().document) : undefined
      return isScalar(node) && node.type === Scalar.PLAIN
    },
  }
}

function resolve(node: unknown, document: Document): unknown {
  return isAlias(node) ? node.resolve(document) : node
}

function child(node: unknown, name: string, document: Document): Step | undefined {
  if (isSeq(node)) {
    const value = node.items[Number(name)]
    return value === undefined ? undefined : { key: undefined, value }
  }
  if (!isMap(node)) return undefined
  const pair = node.items.find(({ key }) => !isMergeKey(key) && textOf(key) === name)
  return pair === undefined ? merged(node, name, document) : { key: pair.key, value: pair.value }
}

/** The value that `<<: *anchor` or `<<: [*one, *two]` brings in. */
function merged(node: YAMLMap, name: string, document: Document): Step | undefined {
  for (const pair of node.items.filter(({ key }) => isMergeKey(key))) {
    for (const source of sourcesOf(pair, document)) {
      const found = child(resolve(source, document), name, document)
      if (found !== undefined) return found
    }
  }
  return undefined
}

function sourcesOf({ value }: Pair, document: Document): readonly unknown[] {
  const source = resolve(value, document)
  return isSeq(source) ? source.items : [source]
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && (key.value === '<<' || typeof key.value === 'symbol')
}

function textOf(key: unknown): string {
  return String(isScalar(key) ? key.value : key)
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined
}
