/** Takes text that may begin with reasoning in `<think>` tags, and tells the two apart. */
export type ThinkTags = { readonly push: (text: string) => void; readonly end: () => void }

const opening = '<think>'
const closing = '</think>'

/**
 * Splits reasoning in tags from the text behind it, as open models without a parser on their server write it. The tags may
 * be cut anywhere by the stream, so what could be the beginning of one is held back. A tag further inside is text.
 */
export function splitThinkTags(emitReasoning: (text: string) => void, emitText: (text: string) => void): ThinkTags {
  let state: 'before' | 'inside' | 'behind' | 'text' = 'before'
  let held = ''

  const before = (): void => {
    const trimmed = held.trimStart()
    if (trimmed.length < opening.length && opening.startsWith(trimmed)) return
    if (!trimmed.startsWith(opening)) return toText(held)
    state = 'inside'
    held = trimmed.slice(opening.length).replace(/^\n/, '')
    inside()
  }
  const inside = (): void => {
    const at = held.indexOf(closing)
    if (at < 0) {
      const keep = partialEnd(held)
      emitReasoning(held.slice(0, held.length - keep))
      held = held.slice(held.length - keep)
      return
    }
    emitReasoning(held.slice(0, at))
    held = held.slice(at + closing.length)
    state = 'behind'
    behind()
  }
  /** Models put empty lines between the two. */
  const behind = (): void => {
    held = held.trimStart()
    if (held !== '') toText(held)
  }
  const toText = (text: string): void => {
    state = 'text'
    held = ''
    emitText(text)
  }
  return {
    push(text) {
      if (state === 'text') return emitText(text)
      held += text
      if (state === 'before') before()
      else if (state === 'inside') inside()
      else behind()
    },
    end() {
      if (held !== '' && state === 'inside') emitReasoning(held)
      else if (held !== '') emitText(held)
      held = ''
    },
  }
}

/** How many characters at the end could be the beginning of the closing tag. */
function partialEnd(text: string): number {
  for (let length = Math.min(closing.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(closing.slice(0, length))) return length
  }
  return 0
}
