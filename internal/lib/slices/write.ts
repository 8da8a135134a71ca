import { flat } from '../flat-text.ts'
import { isObject } from '../json.ts'
import { endOfSlice, largeBytes, sliceBytes, type Turn } from './turn.ts'

/**
 * The value as JSON.stringify writes it, in pieces, with a turn for others after every one; undefined when nobody wants them any more.
 * For values that came of JSON, and nothing with a `toJSON` of its own. `slice`: about how many characters are written in one turn.
 */
export async function writeInSlices(value: object, turn: Turn, slice = sliceBytes): Promise<readonly Uint8Array[] | undefined> {
  const pieces: Uint8Array[] = []
  const pen: Pen = { text: '', slice }
  for (const _full of write(value, pen)) {
    takePiece(pen, pieces)
    if (!(await turn())) return undefined
  }
  takePiece(pen, pieces)
  return pieces
}

/** What is written and not yet a piece. */
type Pen = { text: string; readonly slice: number }

function takePiece(pen: Pen, pieces: Uint8Array[]): void {
  if (pen.text !== '') pieces.push(Buffer.from(pen.text))
  pen.text = ''
}

/** Writes the value, and stops each time when enough has been written for one turn. */
function* write(value: unknown, pen: Pen): Generator<void> {
  if (typeof value === 'string') yield* writeText(value, pen)
  else if (Array.isArray(value)) yield* writeList(value, pen)
  else if (isObject(value)) yield* writeObject(value, pen)
  else pen.text += JSON.stringify(value) ?? 'null'
  if (pen.text.length >= pen.slice) yield
}

function* writeText(text: string, pen: Pen): Generator<void> {
  pen.text += '"'
  for (let from = 0; from < text.length; ) {
    const to = endOfSlice(text, from, pen.slice)
    pen.text += JSON.stringify(flat(text.slice(from, to))).slice(1, -1)
    from = to
    if (pen.text.length >= pen.slice) yield
  }
  pen.text += '"'
}

/** Small entries are written many at a time. */
function* writeList(list: readonly unknown[], pen: Pen): Generator<void> {
  pen.text += '['
  for (let from = 0; from < list.length; ) {
    if (from > 0) pen.text += ','
    const to = endOfSmall(list, from, pen.slice)
    if (to > from) pen.text += JSON.stringify(list.slice(from, to)).slice(1, -1)
    else yield* write(list[from], pen)
    from = Math.max(to, from + 1)
    if (pen.text.length >= pen.slice) yield
  }
  pen.text += ']'
}

/** The entries from here that fill one slice together; none when the first alone is larger. */
function endOfSmall(list: readonly unknown[], from: number, slice: number): number {
  let left = slice
  let to = from
  for (; to < list.length; to++) {
    left -= weightOf(list[to], left)
    if (left < 0) break
  }
  return to
}

function* writeObject(object: Readonly<Record<string, unknown>>, pen: Pen): Generator<void> {
  let before = '{'
  for (const key of Object.keys(object)) {
    const value = object[key]
    if (value === undefined) continue
    pen.text += `${before}${JSON.stringify(key)}:`
    before = ','
    if (weightOf(value, pen.slice) > pen.slice) yield* write(value, pen)
    else pen.text += JSON.stringify(value)
    if (pen.text.length >= pen.slice) yield
  }
  pen.text += before === '{' ? '{}' : '}'
}

/** Whether it is to be written in slices. */
export function isLarge(value: unknown): boolean {
  return weightOf(value, largeBytes) > largeBytes
}

/** About how many characters it is written with; counted no further than until it is more than `most`. */
export function weightOf(value: unknown, most: number): number {
  if (typeof value === 'string') return value.length + 3
  if (typeof value !== 'object' || value === null) return 6
  let weight = 3
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length && weight <= most; index++) weight += weightOf(value[index], most - weight)
    return weight
  }
  if (!isObject(value)) return weight
  for (const key in value) {
    weight += key.length + 3 + weightOf(value[key], most - weight)
    if (weight > most) break
  }
  return weight
}
