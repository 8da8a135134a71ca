import { passesLuhn, passesMod97 } from './checksums.ts'
import type { Pattern, Span } from './pattern.ts'

/** What a built-in pattern is made of. Each expression is bounded at every repetition, so that no text makes it slow. */
type Rule = {
  readonly expression: RegExp
  /** Texts without it are not searched. */
  readonly hint?: RegExp
  /** How much of a match from its beginning it really is; 0: none of it. Default: all. */
  readonly lengthOf?: (match: string) => number
  /** The end of a text that may become a match. */
  readonly open: RegExp
}

// A piece of text without a space: the longest that any of them waits for.
const openWord = /[^\s"'`<>()[\]{},;]{1,300}$/
const openDigits = /[+(\d][\d ().-]{0,40}$/

const rules = {
  /** RFC 5321 §4.5.3.1 bounds the parts. */
  email: {
    hint: /@/,
    expression: /[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8}/gu,
    open: openWord,
  },
  /** 13 to 19 digits, in groups or not, with the right check digit. */
  credit_card: {
    expression: /(?<!\d)[2-6](?:[ -]?\d){12,18}(?!\d)/g,
    lengthOf: (match) => longestThat(match, (digits) => digits.replace(/\D/g, '').length >= 13 && passesLuhn(digits)),
    open: openDigits,
  },
  iban: {
    expression: /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?(?![A-Za-z0-9])/g,
    lengthOf: (match) => longestThat(match, (iban) => iban.replaceAll(' ', '').length >= 15 && passesMod97(iban)),
    open: /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}[A-Za-z0-9 ]{0,40}$/,
  },
  /** Numbers that were never given out are none: 000, 666, 9xx; 00; 0000. */
  us_ssn: {
    expression: /(?<!\d)(?!000|666|9)\d{3}([ -])(?!00)\d{2}\1(?!0000)\d{4}(?!\d)/g,
    open: openDigits,
  },
  /** With a country code, or as North America writes them. */
  phone: {
    expression:
      /(?<![\w+])\+\d{1,3}(?:[ .-]?\(\d{1,4}\))?(?:[ .-]?\d){6,13}(?!\d)|(?<!\d)(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?!\d)/g,
    open: openDigits,
  },
  /** Keys whose makers gave them a form by which they are known, and JSON Web Tokens. */
  api_key: {
    hint: /sk-|sk_|rk_|AKIA|ASIA|gh[pousr]_|github_pat_|AIza|xox[abprs]-|glpat-|hf_|npm_|eyJ|or-/,
    expression:
      /(?<![A-Za-z0-9])(?:sk-[A-Za-z0-9_-]{16,250}|[rs]k_(?:live|test)_[A-Za-z0-9]{16,250}|(?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{36,250}|github_pat_\w{22,250}|AIza[\w-]{35}|xox[abprs]-[A-Za-z0-9-]{10,250}|glpat-[\w-]{20,250}|hf_[A-Za-z0-9]{30,250}|npm_[A-Za-z0-9]{36}|eyJ[\w-]{10,4000}\.eyJ[\w-]{10,4000}\.[\w-]{10,4000})/g,
    open: /eyJ[\w-]{0,4000}(?:\.[\w-]{0,4000}){0,2}$|[^\s"'`<>()[\]{},;]{1,300}$/,
  },
  /** PEM; one without an end goes on to the end of the text. */
  private_key: {
    hint: /PRIVATE KEY-----/,
    expression: /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:[\s\S]{1,8000}?-----END [A-Z ]{0,40}PRIVATE KEY-----|[\s\S]{1,8000})/g,
    open: /-{1,5}$|-----[A-Z ]{1,60}-{0,5}$|-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]{0,8000}$/,
  },
  /** What stands behind such a word and a colon or equals sign. */
  password: {
    hint: /pass|pwd|secret|key|token/i,
    expression:
      /(?<=(?:password|passwd|passphrase|pwd|secret|api[_-]?key|(?:access|auth)[_-]?token)["']?\s{0,3}[:=]\s{0,3}["']?)[^\s"',;]{6,250}/gi,
    open: openWord,
  },
} as const satisfies Readonly<Record<string, Rule>>

/** What is looked for without being told how. */
export type BuiltInName = keyof typeof rules

export function builtInPattern(name: BuiltInName): Pattern {
  const rule: Rule = rules[name]
  return {
    name,
    find: (text) => (rule.hint?.test(text) === false ? [] : findAll(rule, text)),
    openFrom(text) {
      const from = text.search(rule.open)
      return from < 0 ? text.length : from
    },
  }
}

function findAll({ expression, lengthOf }: Rule, text: string): readonly Span[] {
  const spans: Span[] = []
  expression.lastIndex = 0
  for (let match = expression.exec(text); match !== null; match = expression.exec(text)) {
    const length = lengthOf === undefined ? match[0].length : lengthOf(match[0])
    if (length > 0) spans.push({ start: match.index, end: match.index + length })
    // What is none may still hold one that begins later.
    expression.lastIndex = match.index + Math.max(1, length)
  }
  return spans
}

/** The longest beginning that passes, cut only where a group ends: digits of something else may follow. */
function longestThat(match: string, passes: (part: string) => boolean): number {
  for (let end = match.length; end > 0; end = Math.max(match.lastIndexOf(' ', end - 1), match.lastIndexOf('-', end - 1))) {
    if (passes(match.slice(0, end))) return end
  }
  return 0
}
