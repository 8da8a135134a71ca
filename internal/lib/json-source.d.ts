/** JSON as Node has it and TypeScript's own types do not: numbers by their source text (tc39/proposal-json-parse-with-source). */
interface JSON {
  /** A value that JSON.stringify writes as this text. */
  rawJSON(text: string): unknown
  parse(
    text: string,
    reviver: (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown
}

interface BigInt {
  /** Set by long-numbers.ts. */
  toJSON(): unknown
}
