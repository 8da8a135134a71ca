import { RE2JS } from 're2js'
import type { Pattern, Span } from './pattern.ts'

export type OwnPattern = {
  readonly name: string
  /** In RE2's syntax: no look-around and no back references, so that every text is searched in linear time. */
  readonly pattern: string
  /** The longest match, in characters, that a stream waits for. */
  readonly max_length: number
}

export function ownPattern({ name, pattern, max_length: maxLength }: OwnPattern): Pattern {
  const expression = RE2JS.compile(pattern)
  return {
    name,
    find(text) {
      const spans: Span[] = []
      const matcher = expression.matcher(text)
      while (matcher.find()) if (matcher.end() > matcher.start()) spans.push({ start: matcher.start(), end: matcher.end() })
      return spans
    },
    openFrom: (text) => Math.max(0, text.length - maxLength),
  }
}
