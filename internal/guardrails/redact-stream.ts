import type { Match, Redactor } from './redactor.ts'

/** A text that comes in pieces: what may yet become a match waits until it is known. */
export type StreamRedactor = {
  /** What may go of all that came so far. */
  readonly push: (text: string) => string
  /** The text is over: the rest. */
  readonly flush: () => string
}

// What a pattern may want to see before a match.
const contextLength = 64

export function redactStream(redactor: Redactor, found: (pattern: string) => void): StreamRedactor {
  let context = ''
  let held = ''

  const release = (isOver: boolean): string => {
    const text = context + held
    const matches = redactor.find(text)
    const until = isOver ? text.length : wholeUntil(matches, Math.max(context.length, redactor.openFrom(text)))
    let written = ''
    let at = context.length
    for (const match of matches) {
      if (match.end > until || match.end <= context.length) continue
      found(match.pattern)
      written += text.slice(at, Math.max(at, match.start)) + redactor.placeOf(match)
      at = match.end
    }
    if (until > at) written += text.slice(at, until)
    const from = Math.max(at, until)
    held = text.slice(from)
    context = text.slice(Math.max(0, from - contextLength), from)
    return written
  }
  return {
    push(text) {
      held += text
      return release(false)
    },
    flush: () => (held === '' ? '' : release(true)),
  }
}

/** A match is not cut in two: it waits, since it may still grow. */
function wholeUntil(matches: readonly Match[], until: number): number {
  return matches.find(({ start, end }) => start < until && end > until)?.start ?? until
}
