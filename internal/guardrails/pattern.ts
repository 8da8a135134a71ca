/** Something that is looked for in texts. */
export type Pattern = {
  /** What it is called in metrics, and in the text that takes its place. */
  readonly name: string
  /** Where it stands in a text, in order and apart from each other. */
  readonly find: (text: string) => readonly Span[]
  /** From where on the end of a text may be the beginning of it, so that a stream holds it back. */
  readonly openFrom: (text: string) => number
}

/** From one character to another, which is outside. */
export type Span = { readonly start: number; readonly end: number }
