/** What may be given on after more of a continuation has come. `unlike`: it is another answer, which fits nowhere. */
export type SeamStep = { readonly kind: 'wait' } | { readonly kind: 'text'; readonly text: string } | { readonly kind: 'unlike' }

/** The place where a continuation meets the text before it: what the model says a second time is cut out. */
export type Seam = {
  /** More of the continuation. */
  readonly push: (text: string) => SeamStep
  /** The continuation's text is over: what is held back is decided on. */
  readonly close: () => SeamStep
}

// Long enough for a repeated sentence, short enough that the caller does not notice the wait.
const heldCharacters = 160
// Shorter matches are chance: a continuation may well begin with the letter that the text ended with.
const leastOverlap = 12
// A text that begins like the one before for this long is that text told again.
const restartCharacters = 48
// By so much a text told again in other words may be longer before the place to go on is given up.
const restartSlack = 400
// What is looked for in such a text: the last characters of the one before.
const anchorCharacters = 24

/**
 * Joins a continuation to the text before it. Models that are told to go on often repeat the last words, or begin the whole
 * answer anew; a new beginning is held back until it has come to where the text before ended. `toldInWords`: the model did
 * not continue its own message, so that the space between two words is probably lost.
 */
export function openSeam(before: string, toldInWords: boolean): Seam {
  let held: string | undefined = ''

  const settle = (text: string): SeamStep => {
    held = undefined
    const cut = text === '' ? 0 : cutAt(before, text)
    if (cut === undefined) return { kind: 'unlike' }
    const rest = text.slice(cut)
    return { kind: 'text', text: cut === 0 && toldInWords && wantsSpace(before, rest) ? ` ${rest}` : rest }
  }
  return {
    push(text) {
      if (held === undefined) return { kind: 'text', text }
      held += text
      const enough = isRestart(before, held) ? before.length + restartSlack : heldCharacters
      const found = held.length > before.length && isRestart(before, held) && overlap(before, held.trimStart()) > 0
      return found || held.length >= enough ? settle(held) : { kind: 'wait' }
    },
    close: () => (held === undefined ? { kind: 'text', text: '' } : settle(held)),
  }
}

/** How many characters of `next` were said before; undefined when it is the same answer anew and its end cannot be found. */
function cutAt(before: string, next: string): number | undefined {
  const direct = overlap(before, next)
  if (direct > 0) return direct
  const lead = next.length - next.trimStart().length
  const again = overlap(before, next.slice(lead))
  if (again > 0) return lead + again
  if (!isRestart(before, next) || before.length < restartCharacters) return 0
  const anchor = before.slice(-anchorCharacters)
  const at = next.indexOf(anchor)
  return at < 0 ? undefined : at + anchor.length
}

/** Whether it begins, as far as it has come, with the beginning of the text before. */
function isRestart(before: string, next: string): boolean {
  const from = next.length - next.trimStart().length
  const size = Math.min(before.length, next.length - from, restartCharacters)
  return size > 0 && before.startsWith(next.slice(from, from + size))
}

/** How many characters at the beginning of `next` repeat the end of `before`, or all of it. */
export function overlap(before: string, next: string): number {
  const gap = before.slice(before.trimEnd().length)
  if (gap !== '' && next.startsWith(gap)) return gap.length
  const longest = Math.min(before.length, next.length)
  for (let size = longest; size >= leastOverlap; size--) {
    if (before.endsWith(next.slice(0, size))) return size
  }
  return 0
}

// Scripts that part their words by spaces; a break in the middle of a word is rarer than one between two tokens.
const endsWord = /[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\d,;:!?.)]$/u
const beginsWord = /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\d("“]/u

function wantsSpace(before: string, next: string): boolean {
  return endsWord.test(before) && beginsWord.test(next)
}
