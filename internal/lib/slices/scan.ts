import { close, type Level, levelAt, open, passComma, put, readUpTo, readWhole, type TextOf } from './levels.ts'
import { cutBefore, endOf, quote, readPiece, type Text, textAt, wholeOf } from './text.ts'

/**
 * Reads JSON from its beginning to its end, as much at a time as it is told: it finds the ends of what can be read apart, and
 * JSON.parse reads it. What is no JSON throws a SyntaxError.
 */
export type Scan = {
  /** Reads on, up to here. */
  readonly readTo: (until: number) => void
  /** The value, when all has been read. */
  readonly end: () => unknown
  /** How many lists and objects there were within each other at most, so far. */
  readonly depth: () => number
}

/** Where the reading is. */
type Place = {
  readonly bytes: Buffer
  readonly textOf: TextOf
  /** The lists and objects that are open, the outermost first. */
  readonly levels: Level[]
  /** The last of them. */
  level: Level
  /** The string that is open. */
  text: Text | undefined
  at: number
  depth: number
}

const colon = 0x3a
const comma = 0x2c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/** `slice`: strings that are longer are read in pieces. */
export function createScan(bytes: Buffer, slice: number): Scan {
  const root = levelAt(-1, true)
  open(root)
  const textOf: TextOf = (from, to) => bytes.toString('utf8', from, to)
  const place: Place = { bytes, textOf, levels: [root], level: root, text: undefined, at: 0, depth: 0 }
  return {
    readTo(until) {
      while (place.at < until) {
        if (place.text === undefined) passToken(place)
        else passText(place, place.text, until)
      }
      readBehind(place)
      const { text, level } = place
      // A name is not cut: it is read with its value.
      if (text !== undefined && place.at - text.from >= slice && (level.isList || level.hasColon)) readLongText(place, text)
    },
    end() {
      if (place.level !== root || place.text !== undefined) throw new SyntaxError('the end is missing')
      close(root, bytes.length, textOf)
      const [value, ...others] = Array.isArray(root.entries) ? root.entries : []
      if (value === undefined || others.length > 0) throw new SyntaxError('not one value')
      return value
    },
    depth: () => place.depth,
  }
}

function passToken(place: Place): void {
  const byte = place.bytes[place.at]
  switch (byte) {
    case quote:
      place.text = textAt(place.at)
      break
    case openBracket:
    case openBrace:
      place.level = levelAt(place.at, byte === openBracket)
      place.depth = Math.max(place.depth, place.levels.push(place.level) - 1)
      break
    case closeBracket:
    case closeBrace:
      passEnd(place, byte === closeBracket)
      break
    case comma:
      passComma(place.level, place.at, place.textOf)
      break
    case colon:
      place.level.hasColon = true
      break
    default:
    // Numbers, words and white space are for the parser.
  }
  place.at++
}

function passEnd(place: Place, isList: boolean): void {
  const { levels, level, at, textOf } = place
  const parent = levels.at(-2)
  if (parent === undefined || level.isList !== isList) throw new SyntaxError('a bracket that closes nothing')
  levels.pop()
  place.level = parent
  // Otherwise it is a part of its parent's text.
  if (level.entries !== undefined) put(parent, close(level, at, textOf), at + 1)
}

function passText(place: Place, text: Text, until: number): void {
  const end = endOf(text, place.bytes, place.at, until)
  place.at = end
  if (end === until) return
  if (text.isLong) {
    readPiece(text, end, place.textOf)
    put(place.level, wholeOf(text, place.bytes, end), end + 1)
  }
  place.text = undefined
  place.at++
}

/** Reads all that is whole; the levels that are open then are read on entry by entry. */
function readBehind({ levels, textOf }: Place): void {
  for (const [index, level] of levels.entries()) {
    const child = levels[index + 1]
    if (child === undefined || child.entries !== undefined) {
      readWhole(level, textOf)
      continue
    }
    readUpTo(level, child.start, textOf)
    open(child)
  }
}

function readLongText({ bytes, level, textOf, at }: Place, text: Text): void {
  if (!text.isLong) readUpTo(level, text.start, textOf)
  readPiece(text, cutBefore(text, bytes, at), textOf)
}
