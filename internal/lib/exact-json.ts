/**
 * JSON.parse, put right. V8 14.6 (Node 26) takes a name with an escape for another one that it has read before, in any text, at the same
 * place of an object that began alike, where the other one is how the new one begins in the text, escapes and all: `"a\n"` after `"a\\"`,
 * `"gr\u00fc\u00df"` after `"gr\\u0"`. What is read then has a name with a backslash: only that is read again, another way.
 * Below `levels` lists and objects within each other it is left as it is. `revive` is that of JSON.parse, and may be called twice for a
 * value. Throws what JSON.parse throws.
 */
export function readJson(text: string, levels: number, revive?: Revive): unknown {
  const value = parse(text, revive)
  return text.includes('\\') && hasBackslash(value, levels) ? readExactly(text, levels, revive) : value
}

export type Revive = (key: string, value: unknown, context: { readonly source?: string }) => unknown

function parse(text: string, revive: Revive | undefined): unknown {
  const value: unknown = revive === undefined ? JSON.parse(text) : JSON.parse(text, revive)
  return value
}

/** Whether a name in it has a backslash. */
function hasBackslash(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null || levels < 0) return false
  if (Array.isArray(value)) return value.some((entry) => typeof entry === 'object' && hasBackslash(entry, levels - 1))
  if (!isMapping(value)) return false
  for (const name in value) {
    if (name.includes('\\')) return true
    const entry = value[name]
    if (typeof entry === 'object' && hasBackslash(entry, levels - 1)) return true
  }
  return false
}

/** Reads the text with stand-ins for the names that have an escape, and puts the names back. */
function readExactly(text: string, levels: number, revive: Revive | undefined): unknown {
  const mark = unusedIn(text)
  const standIns = new Map<string, string>()
  const names = new Map<string, string>()
  let plain = ''
  let from = 0
  for (let start = text.indexOf('"'), end = 0; start >= 0; start = text.indexOf('"', end + 1)) {
    end = endOf(text, start)
    const token = text.slice(start, end + 1)
    if (!token.includes('\\') || !isName(text, end)) continue
    const name = String(JSON.parse(token))
    const standIn = standIns.get(name) ?? `${mark}${names.size}`
    standIns.set(name, standIn)
    names.set(standIn, name)
    plain += `${text.slice(from, start)}"${standIn}"`
    from = end + 1
  }
  return renamed(parse(plain + text.slice(from), revive), names, levels)
}

function unusedIn(text: string): string {
  let mark = '\ue000'
  while (text.includes(mark)) mark += '\ue000'
  return mark
}

/** Where the quote is that ends the string. */
function endOf(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at
  }
  return text.length
}

/** Whether the string that ends here is the name of an entry. */
function isName(text: string, end: number): boolean {
  let at = end + 1
  while (' \t\n\r'.includes(text[at] ?? ':')) at++
  return text[at] === ':'
}

function renamed(value: unknown, names: ReadonlyMap<string, string>, levels: number): unknown {
  if (levels < 0) return value
  if (Array.isArray(value)) return value.map((entry: unknown) => renamed(entry, names, levels - 1))
  if (!isMapping(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [names.get(name) ?? name, renamed(entry, names, levels - 1)]),
  )
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
