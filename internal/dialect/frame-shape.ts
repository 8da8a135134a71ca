import type { SseFrame } from '#framing/sse-parse.ts'

/**
 * The shape that the frames of a running text have in common: what stands around the text is the same in each, but for
 * counters and padding, so that the next one can be read without parsing its JSON.
 */
export type FrameShape = {
  readonly event: string
  /** What stands before, between and behind the holes; one more than there are holes. */
  readonly literals: readonly string[]
  readonly holes: readonly Hole[]
}

/** `text`: what the frame adds. The others mean nothing to us: a running number, a word of random length, white space. */
type Hole = 'text' | 'number' | 'word' | 'space'

type Span = { readonly hole: Hole; readonly from: number; readonly to: number }

/** Fields that hold a delta's text, in any dialect. */
const textField = /"(?:content|reasoning_content|reasoning|text|thinking|delta)"\s*:\s*$/

/** OpenAI's padding against guessing by length (`obfuscation`) and its counter; Anthropic pads with spaces at the end. */
const ignored: readonly (readonly [Hole, RegExp])[] = [
  ['number', /"sequence_number"\s*:\s*(?<hole>\d+)/d],
  ['word', /"obfuscation"\s*:\s*"(?<hole>[\w-]*)"/d],
  ['space', /\}(?<hole>\s*)\}\s*$/d],
]

/** The shape of a frame that added this text; undefined when the text does not stand in it exactly once. */
export function shapeOf({ event, data }: SseFrame, text: string): FrameShape | undefined {
  const written = JSON.stringify(text)
  const at = data.indexOf(written)
  if (at < 0 || data.includes('\n') || data.includes(written, at + 1) || !textField.test(data.slice(0, at))) return undefined
  const spans: Span[] = [{ hole: 'text', from: at + 1, to: at + written.length - 1 }]
  for (const [hole, pattern] of ignored) {
    const [from, to] = pattern.exec(data)?.indices?.groups?.['hole'] ?? []
    if (from !== undefined && to !== undefined && (to < at || from >= at + written.length)) spans.push({ hole, from, to })
  }
  spans.sort((left, right) => left.from - right.from)
  const ends = [0, ...spans.map(({ to }) => to)]
  const literals = [...spans.map(({ from }, index) => data.slice(ends[index], from)), data.slice(ends.at(-1))]
  return { event, literals, holes: spans.map(({ hole }) => hole) }
}

/** The text that a frame of this shape adds; undefined when it is of another, or may be. */
export function matchShape(shape: FrameShape, { event, data }: SseFrame): string | undefined {
  if (event !== shape.event) return undefined
  const { literals, holes } = shape
  let text: string | undefined
  let at = 0
  for (let index = 0; index < holes.length; index++) {
    const literal = literals[index] ?? ''
    const from = at + literal.length
    // Quicker than startsWith, which compares letter by letter.
    if (data.slice(at, from) !== literal) return undefined
    at = endOfHole(holes[index], data, from)
    if (at < 0) return undefined
    if (holes[index] === 'text') text = data.slice(from, at)
  }
  if (data.slice(at) !== literals[holes.length]) return undefined
  return text === undefined ? undefined : unescaped(text)
}

/** Where the hole ends; -1 when there is none. */
function endOfHole(hole: Hole | undefined, data: string, from: number): number {
  switch (hole) {
    case 'text':
      return endOfString(data, from)
    case 'word':
      return data.indexOf('"', from)
    case 'number':
      return skip(data, from, isDigit)
    default:
      return skip(data, from, isSpace)
  }
}

/** The closing quote: one that no odd number of backslashes stands before. */
function endOfString(data: string, from: number): number {
  let end = data.indexOf('"', from)
  while (end > from && data.charCodeAt(end - 1) === backslash) {
    let backslashes = 1
    while (end - 1 - backslashes >= from && data.charCodeAt(end - 1 - backslashes) === backslash) backslashes++
    if (backslashes % 2 === 0) return end
    end = data.indexOf('"', end + 1)
  }
  return end
}

const backslash = 92

function skip(data: string, from: number, accept: (code: number) => boolean): number {
  let at = from
  while (at < data.length && accept(data.charCodeAt(at))) at++
  return at
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

function isSpace(code: number): boolean {
  return code === 32
}

/** What the JSON text means; undefined for what is none, and for an empty one, which adds nothing. */
function unescaped(text: string): string | undefined {
  if (text === '') return undefined
  return isWrittenOut.test(text) ? parsed(text) : text
}

/** An escape, or a character that may not be in a string of JSON. */
const isWrittenOut = /[^\x20-\x5b\x5d-\uffff]/

function parsed(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(`"${text}"`)
    return typeof value === 'string' ? value : undefined
  } catch {
    // Not JSON: the decoder says what becomes of such a frame.
    return undefined
  }
}
