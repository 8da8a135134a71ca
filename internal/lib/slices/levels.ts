import { readJson } from '../exact-json.ts'
import { deepest, isObject, setField } from '../json.ts'

/**
 * A list or object that has begun and not ended. What of it has been read is in `entries`; the text from `from` on has not been. A level
 * that is still all text, `entries` undefined, is read with the entry of its parent that it is in.
 */
export type Level = {
  readonly isList: boolean
  /** Where its bracket stands; -1 of the outermost, which is a list of one value without brackets. */
  readonly start: number
  from: number
  /** The last comma of its own within the unread text; -1 without one. */
  comma: number
  /** What was read last stands right before `from`: at the beginning, after a comma a next entry must follow, after an entry a comma. */
  before: 'bracket' | 'comma' | 'entry'
  /** Whether the entry under way has its colon, so that what comes is its value. */
  hasColon: boolean
  entries: unknown[] | Record<string, unknown> | undefined
  /** The name of the entry under way, when its value is read apart. */
  key: string
}

/** The text between two places, and nothing of a character that is cut there. */
export type TextOf = (from: number, to: number) => string

export function levelAt(start: number, isList: boolean): Level {
  return { isList, start, from: start + 1, comma: -1, before: 'bracket', hasColon: false, entries: undefined, key: '' }
}

/** Begins to read the level apart from its parent. */
export function open(level: Level): void {
  level.entries = level.isList ? [] : {}
}

/** Takes a comma of the level's own. */
export function passComma(level: Level, at: number, textOf: TextOf): void {
  if (level.start < 0) throw new SyntaxError('more than one value')
  level.hasColon = false
  if (level.before !== 'entry') {
    level.comma = at
    return
  }
  requireBlank(textOf(level.from, at))
  level.from = at + 1
  level.before = 'comma'
}

/** Reads the entries that are whole: those before the last comma. */
export function readWhole(level: Level, textOf: TextOf): void {
  if (level.comma < 0) return
  if (readEntries(level, textOf(level.from, level.comma)) === 0) throw new SyntaxError('a comma without an entry before it')
  level.from = level.comma + 1
  level.comma = -1
  level.before = 'comma'
}

/** What comes at `start` is read apart: all before it is read now. */
export function readUpTo(level: Level, start: number, textOf: TextOf): void {
  readWhole(level, textOf)
  if (level.before === 'entry') throw new SyntaxError('an entry without a comma before it')
  const text = textOf(level.from, start)
  if (level.isList) requireBlank(text)
  else level.key = keyOf(text)
}

/** Puts in what was read apart; it ended before `end`. */
export function put(level: Level, value: unknown, end: number): void {
  if (Array.isArray(level.entries)) level.entries.push(value)
  else if (level.entries !== undefined) setField(level.entries, level.key, value)
  level.from = end
  level.before = 'entry'
  level.hasColon = false
}

/** Reads the rest; the level's bracket closes at `end`. */
export function close(level: Level, end: number, textOf: TextOf): unknown {
  readWhole(level, textOf)
  const text = textOf(level.from, end)
  if (level.before === 'entry') requireBlank(text)
  else if (readEntries(level, text) === 0 && level.before === 'comma') throw new SyntaxError('a comma without an entry after it')
  return level.entries
}

/** Gives how many there were. */
function readEntries(level: Level, text: string): number {
  const parsed = readJson(level.isList ? `[${text}]` : `{${text}}`, deepest)
  const { entries } = level
  if (Array.isArray(parsed)) {
    if (Array.isArray(entries)) for (const entry of parsed) entries.push(entry)
    return parsed.length
  }
  if (!isObject(parsed) || entries === undefined || Array.isArray(entries)) return 0
  const keys = Object.keys(parsed)
  for (const key of keys) setField(entries, key, parsed[key])
  return keys.length
}

/** The text before a value, `"name":`. */
function keyOf(text: string): string {
  const parsed = readJson(`{${text}[]}`, deepest)
  const [key] = isObject(parsed) ? Object.keys(parsed) : []
  if (key === undefined) throw new SyntaxError('a value without a name')
  return key
}

function requireBlank(text: string): void {
  if (!/^[ \t\n\r]*$/.test(text)) throw new SyntaxError('something where nothing may be')
}
