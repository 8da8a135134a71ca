/** JSON as Node has it and TypeScript's own types do not: numbers by their source text (tc39/proposal-json-parse-with-source). */
interface JSON {
  /** A value that JSON.stringify writes as this text. */
  rawJSON(text: string): unknown
  /** Whether it is such a value. */
  isRawJSON(value: unknown): boolean
  parse(
    text: string,
    reviver: (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown
}
