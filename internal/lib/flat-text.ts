/*
 * V8 keeps a text that was put together of others as a chain of these, and one that was cut out as a view of what it was cut out of. A
 * value that has one such text takes JSON.stringify three to six times as long, all of it: these are for texts that will be in one.
 */

/** The same text, kept as its characters. */
export function flat(text: string): string {
  return joined(text.slice(0, 1), text.slice(1))
}

/** The texts as one, kept as its characters. */
export function joined(...texts: readonly string[]): string {
  // Not by `+` or a template, which make a chain.
  return texts.join('')
}
