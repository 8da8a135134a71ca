import type { JsonObject } from '#lib/json.ts'

/**
 * The data of a routing file that is written in the plainest YAML, as nearly all large ones are: keys and texts of letters and digits,
 * numbers, quotes without escapes, lists and mappings by indentation, or within brackets on one line. Undefined for everything else, from
 * an anchor to a mistake: YAML's own parser reads that, which takes twenty times as long and knows what to say of it.
 */
export function readPlainYaml(text: string): JsonObject | undefined {
  if (/[\t\r\ufeff]/.test(text)) return undefined
  const block: Block = { lines: linesOf(text), at: 0 }
  const map = readMap(block, 0)
  return block.at === block.lines.length ? map : undefined
}

type Line = { readonly indent: number; readonly content: string }

/** `at`: the line that is read next. */
type Block = { readonly lines: Line[]; at: number }

/** The lines that hold something. */
function linesOf(text: string): Line[] {
  return text.split('\n').flatMap((line) => {
    const indent = line.search(/[^ ]/)
    return indent < 0 || line[indent] === '#' ? [] : [{ indent, content: line.slice(indent) }]
  })
}

// What `:` and `#` mean depends on what is beside them: where the one is not between letters, or the other is, somebody else is asked.
const entry = /^([A-Za-z][\w./*@+-]{0,200}|"[^"\\]{1,200}"):(?: +([^# ].*))?(?: *| +#.*)$/u
const inlineKey = /(?:[A-Za-z][\w./*@+-]{0,200}|"[^"\\]{1,200}")(?=: )/uy

function readMap(block: Block, indent: number): JsonObject | undefined {
  const map: Record<string, unknown> = {}
  for (let line = block.lines[block.at]; line !== undefined && line.indent >= indent; line = block.lines[block.at]) {
    const [, written, value] = entry.exec(line.content) ?? []
    const key = line.indent > indent ? undefined : keyOf(written, map)
    if (key === undefined) return undefined
    block.at++
    const read = value === undefined ? readBelow(block, indent) : readValue(value)
    if (read === undefined) return undefined
    map[key] = read
  }
  return block.at === 0 ? undefined : map
}

/** What belongs to a key with nothing behind it. A list may stand as far left as its key. */
function readBelow(block: Block, indent: number): unknown {
  const line = block.lines[block.at]
  if (line === undefined) return undefined
  if (line.content.startsWith('- ')) return line.indent >= indent ? readList(block, line.indent) : undefined
  return line.indent > indent ? readMap(block, line.indent) : undefined
}

function readList(block: Block, indent: number): readonly unknown[] | undefined {
  const list: unknown[] = []
  for (let line = block.lines[block.at]; line !== undefined && line.indent >= indent; line = block.lines[block.at]) {
    if (line.indent > indent) return undefined
    // The key that the list belongs to may have others after it.
    if (!line.content.startsWith('- ')) break
    const read = readItem(block, indent, line.content.slice(2))
    if (read === undefined) return undefined
    list.push(read)
  }
  return list
}

function readItem(block: Block, indent: number, content: string): unknown {
  if (entry.test(content)) {
    // A mapping begins behind the dash.
    block.lines[block.at] = { indent: indent + 2, content }
    return readMap(block, indent + 2)
  }
  block.at++
  return readValue(content)
}

/** `at`: the character that is read next. */
type Inline = { readonly text: string; at: number }

/** The value that ends with its line, or before a comment. */
function readValue(text: string): unknown {
  const inline: Inline = { text, at: 0 }
  const value = readInline(inline)
  return value !== undefined && take(inline, /(?: *| +#.*)$/uy) !== undefined ? value : undefined
}

function readInline(inline: Inline): unknown {
  switch (inline.text[inline.at]) {
    case '[':
      return readInlineList(inline)
    case '{':
      return readInlineMap(inline)
    case '"':
      return take(inline, /"[^"\\]*"/uy)?.slice(1, -1)
    case "'":
      return take(inline, /'[^']*'(?!')/uy)?.slice(1, -1)
    default:
      return scalarOf(take(inline, /[\w/.*@%+-]+(?::[\w/.*@%+-]+)*/uy) ?? '')
  }
}

function readInlineList(inline: Inline): readonly unknown[] | undefined {
  const list: unknown[] = []
  inline.at++
  if (take(inline, / *\]/uy) !== undefined) return list
  do {
    take(inline, / +/uy)
    const value = readInline(inline)
    if (value === undefined) return undefined
    list.push(value)
  } while (take(inline, / *,/uy) !== undefined)
  return take(inline, / *\]/uy) === undefined ? undefined : list
}

function readInlineMap(inline: Inline): JsonObject | undefined {
  const map: Record<string, unknown> = {}
  inline.at++
  if (take(inline, / *\}/uy) !== undefined) return map
  do {
    take(inline, / +/uy)
    const key = keyOf(take(inline, inlineKey), map)
    if (key === undefined) return undefined
    take(inline, /: +/uy)
    const value = readInline(inline)
    if (value === undefined) return undefined
    map[key] = value
  } while (take(inline, / *,/uy) !== undefined)
  return take(inline, / *\}/uy) === undefined ? undefined : map
}

/** What stands here, if it is of this form. */
function take(inline: Inline, form: RegExp): string | undefined {
  form.lastIndex = inline.at
  const found = form.exec(inline.text)?.[0]
  inline.at += found?.length ?? 0
  return found
}

/** The key, unless it says something else, or is there already. */
function keyOf(written: string | undefined, map: object): string | undefined {
  if (written === undefined || isWord(written)) return undefined
  const key = written.startsWith('"') ? written.slice(1, -1) : written
  return key === '<<' || key === '__proto__' || Object.hasOwn(map, key) ? undefined : key
}

// Durations, sizes and shares; addresses; days.
const texts = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d|[KMG]i?B|%)|\d+(?:\.\d+){3}(?::\d+)?|\d+-\d+-\d+)$/

function scalarOf(text: string): unknown {
  if (text === 'true') return true
  if (text === 'false') return false
  if (/^(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?$/.test(text)) return Number(text)
  return (/^[A-Za-z/]/.test(text) && !isWord(text)) || texts.test(text) ? text : undefined
}

/** Words that are no texts, in any of their spellings. */
function isWord(text: string): boolean {
  return /^(?:true|false|null)$/i.test(text)
}
