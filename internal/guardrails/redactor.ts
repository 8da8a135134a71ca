import type { Pattern, Span } from './pattern.ts'

/** Finds what must not be read, and puts something in its place. */
export type Redactor = {
  /** The same text when nothing was found. `found` hears of each match. */
  readonly redact: (text: string, found: (pattern: string) => void) => string
  /** Of a text that goes on: from where on it must wait for more. */
  readonly openFrom: (text: string) => number
  readonly find: (text: string) => readonly Match[]
  readonly placeOf: (match: Match) => string
}

export type Match = Span & { readonly pattern: string }

/** `replacement`: what takes the place of a match; `{name}` in it is the pattern's name. */
export function createRedactor(patterns: readonly Pattern[], replacement: string): Redactor {
  const find = (text: string): readonly Match[] =>
    apart(patterns.flatMap(({ name, find: search }) => search(text).map((span) => ({ ...span, pattern: name }))))
  const placeOf = ({ pattern }: Match): string => replacement.replaceAll('{name}', pattern)
  return {
    find,
    placeOf,
    openFrom: (text) => Math.min(text.length, ...patterns.map((pattern) => pattern.openFrom(text))),
    redact(text, found) {
      const matches = find(text)
      if (matches.length === 0) return text
      let written = ''
      let at = 0
      for (const match of matches) {
        found(match.pattern)
        written += text.slice(at, match.start) + placeOf(match)
        at = match.end
      }
      return written + text.slice(at)
    },
  }
}

/** In order; of matches that overlap the one that begins first, and of these the longest: its end covers the others as far as it goes. */
function apart(matches: readonly Match[]): readonly Match[] {
  if (matches.length < 2) return matches
  const sorted = matches.toSorted((left, right) => left.start - right.start || right.end - left.end)
  const kept: Match[] = []
  let end = 0
  for (const match of sorted) {
    if (match.start >= end) kept.push(match)
    else if (match.end > end) kept.push({ ...match, start: end })
    end = Math.max(end, match.end)
  }
  return kept
}
