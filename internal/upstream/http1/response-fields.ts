import { createFieldNames, isFieldValue } from '#lib/http-fields.ts'
import { setField } from '#lib/json.ts'

/** Reads the headers in `text` from there on: lower-case names, several values of one joined by a comma; undefined when a line is none. */
export type FieldReader = (text: string, from: number) => Readonly<Record<string, string>> | undefined

type Line = { readonly text: string; readonly name: string; readonly value: string }

/** What was read last: `headers` is what the lines come to. */
type Read = {
  readonly lines: Line[]
  readonly headers: Readonly<Record<string, string>>
  readonly hasRepeated: boolean
}

/** Where a line stands as it did the last time it is taken as it was; where all names do, the headers are the last ones but for what has changed. */
export function createFieldReader(): FieldReader {
  let last: Read = nothing()
  return (text, from) => {
    const changed = readLines(text, from, last.lines)
    if (changed === undefined) last = nothing()
    else if (changed === 'others') last = allOf(last.lines)
    else if (changed.length > 0) last = last.hasRepeated ? allOf(last.lines) : withNew(last, changed)
    return changed === undefined ? undefined : last.headers
  }
}

function nothing(): Read {
  return { lines: [], headers: {}, hasRepeated: false }
}

/** Puts what was read into `lines`. Gives those that are new, `others` when the names are not the same in the same places, undefined when a line is none. */
function readLines(text: string, from: number, lines: Line[]): readonly Line[] | 'others' | undefined {
  const changed: Line[] = []
  let isOther = false
  let count = 0
  for (let at = from; at < text.length; count++) {
    const known = lines[count]
    if (known !== undefined && isLineAt(text, at, known.text)) {
      at += known.text.length + 2
      continue
    }
    const end = text.indexOf('\r\n', at)
    const line = readLine(end < 0 ? text.slice(at) : text.slice(at, end), known?.name)
    if (line === undefined) return undefined
    lines[count] = line
    if (known?.name !== line.name) isOther = true
    else changed.push(line)
    at += line.text.length + 2
  }
  if (lines.length !== count) {
    isOther = true
    lines.length = count
  }
  return isOther ? 'others' : changed
}

const cr = 0x0d
const lf = 0x0a

function isLineAt(text: string, at: number, line: string): boolean {
  const end = at + line.length
  const ends = end === text.length || (text.charCodeAt(end) === cr && text.charCodeAt(end + 1) === lf)
  // As a whole: `startsWith` goes letter by letter.
  return ends && text.slice(at, end) === line
}

const nameOf = createFieldNames()

/** `mostly`: the name that it had the last time. */
function readLine(text: string, mostly: string | undefined): Line | undefined {
  const colon = text.indexOf(':')
  if (colon < 1) return undefined
  const written = text.slice(0, colon)
  const name = written === mostly ? mostly : nameOf(written)
  const value = withoutSpaces(text, colon + 1)
  return name === undefined || !isFieldValue(value) ? undefined : { text, name, value }
}

/** Spaces and tabs around a value are not part of it (RFC 9110, section 5.5). */
function withoutSpaces(line: string, from: number): string {
  let start = from
  let end = line.length
  while (start < end && isSpace(line.charCodeAt(start))) start++
  while (end > start && isSpace(line.charCodeAt(end - 1))) end--
  return line.slice(start, end)
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09
}

function withNew(last: Read, changed: readonly Line[]): Read {
  const headers = { ...last.headers }
  for (const { name, value } of changed) setField(headers, name, value)
  return { ...last, headers }
}

function allOf(lines: Line[]): Read {
  const headers: Record<string, string> = {}
  let hasRepeated = false
  for (const { name, value } of lines) {
    const before = Object.hasOwn(headers, name) ? headers[name] : undefined
    if (before !== undefined) hasRepeated = true
    setField(headers, name, before === undefined ? value : `${before}, ${value}`)
  }
  return { lines, headers, hasRepeated }
}
