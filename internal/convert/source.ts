import { type Document, isMap, isNode, LineCounter, parseDocument } from 'yaml'
import { isObject, type JsonObject } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'

/** Something of a file that could not be carried over, at its place. */
export type Remark = { readonly line: number; readonly column: number; readonly message: string }

type Step = string | number

/** A YAML file, its data and the places of it. */
export type Source = {
  readonly data: JsonObject
  /** Says something of the value at this path. */
  readonly remark: (path: readonly Step[], message: string) => void
  readonly remarks: () => readonly Remark[]
}

export function readSource(text: string): Result<Source, readonly Remark[]> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false })
  if (document.errors.length > 0) {
    return err(document.errors.map((error) => ({ ...placeOf(error.pos[0], lines), message: error.message })))
  }
  const data: unknown = document.toJS()
  if (!isObject(data)) return err([{ line: 1, column: 1, message: 'the file is not a mapping' }])
  const remarks: Remark[] = []
  return ok({
    data,
    remark: (path, message) => remarks.push({ ...placeOf(offsetOf(document, path), lines), message }),
    remarks: () => [...remarks].sort((left, right) => left.line - right.line || left.column - right.column),
  })
}

function placeOf(offset: number, lines: LineCounter): { readonly line: number; readonly column: number } {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(1, line), column: Math.max(1, col) }
}

/** Where the key of the value stands, or the value itself in a list. */
function offsetOf(document: Document, path: readonly Step[]): number {
  const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  const last = path.at(-1)
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isNode(key) && String(key) === String(last))
    if (pair !== undefined && isNode(pair.key)) return pair.key.range?.[0] ?? 0
  }
  const node: unknown = document.getIn(path, true)
  return isNode(node) ? (node.range?.[0] ?? 0) : 0
}
