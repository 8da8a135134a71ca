import { Type } from 'typebox'
import { parseTimeWindow, type TimeWindow, timeWindowPattern } from '#lib/time-window.ts'

const msOf: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const bytesOf: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, kB: 1000, MB: 1e6, GB: 1e9 }

const durationPattern = '^\\d+(\\.\\d+)?(ms|s|m|h)$'
const sizePattern = '^\\d+(\\.\\d+)?([KMG]iB|[kMG]?B)$'
const percentPattern = '^(100(\\.0+)?|\\d{1,2}(\\.\\d+)?)%$'

/** Milliseconds of `500ms`, `1.5s`, `5m`, `1h`; NaN for anything else. */
export function parseDuration(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? []
  return Math.round(Number(amount) * (msOf[unit ?? ''] ?? Number.NaN))
}

/** `90000` → `90s`: the largest unit that needs no fraction. */
export function formatDuration(ms: number): string {
  const [unit, factor] = Object.entries(msOf).findLast(([, length]) => ms !== 0 && ms % length === 0) ?? ['ms', 1]
  return `${ms / factor}${unit}`
}

/** Bytes of `64MiB`; NaN for anything else. */
export function parseSize(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([KMG]iB|[kMG]?B)$/.exec(text) ?? []
  return Math.round(Number(amount) * (bytesOf[unit ?? ''] ?? Number.NaN))
}

/** 0–1 of `5%`. Dividing the text's own decimals would give 0.07 as 0.07000000000000001. */
export function parseRatio(text: string): number {
  return Number(`${text.slice(0, -1)}e-2`)
}

type Options<Default> = { readonly description: string; readonly default?: Default }

/** `500ms`, `30s`, `5m`, `1h` in the file; milliseconds in the program. */
export const Duration = (options: Options<string>) =>
  Type.Codec(Type.String({ pattern: durationPattern, expects: 'a duration such as 500ms, 30s, 5m or 1h', ...options }))
    .Decode(parseDuration)
    .Encode(formatDuration)

/** `64MiB` in the file; bytes in the program. */
export const Size = (options: Options<string>) =>
  Type.Codec(Type.String({ pattern: sizePattern, expects: 'a size such as 64KiB or 32MiB', ...options }))
    .Decode(parseSize)
    .Encode((bytes) => `${bytes}B`)

/** `5%` or `0.05` in the file; 0–1 in the program. */
export const Ratio = (options: Options<string | number>) =>
  Type.Union(
    [
      Type.Number({ minimum: 0, maximum: 1 }),
      Type.Codec(Type.String({ pattern: percentPattern }))
        .Decode(parseRatio)
        .Encode((ratio) => `${ratio * 100}%`),
    ],
    { expects: 'a share such as 5% or 0.05', ...options },
  )

/** One of these words. */
export const Word = <Words extends string[]>(words: readonly [...Words], options: Options<Words[number]>) =>
  Type.Enum(words, { expects: `one of ${words.join(', ')}`, ...options })

/** `22:00-06:00`, maybe with a time zone, in the file; a window in the program. A zone that is not known is found by the checks. */
export const TimeOfDay = (description: string) =>
  Type.Codec(
    Type.String({
      pattern: timeWindowPattern,
      expects: 'hours such as 22:00-06:00 or 22:00-06:00 Europe/Berlin',
      description: `${description} As \`22:00-06:00 Europe/Berlin\`; without a time zone it is UTC.`,
    }),
  )
    .Decode((text): TimeWindow => parseTimeWindow(text) ?? { from: 0, to: 0, zone: text.slice(text.indexOf(' ') + 1) })
    .Encode(({ from, to, zone }) => `${clockTime(from)}-${clockTime(to)} ${zone}`)

function clockTime(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':')
}

/** A text that is not empty. */
export const Text = (description: string) => Type.String({ minLength: 1, expects: 'a text', description })

/** A text that is never shown and follows the files that it takes values from; it stays as written until then. */
export const SecretText = (description: string) => Type.String({ expects: 'a text', secret: true, description })

/** A whole number. */
export const Count = (options: Options<number> & { readonly minimum: number; readonly maximum?: number }) =>
  Type.Integer({ expects: `a whole number ${range(options)}`, ...options })

/** A number that may have decimals. */
export const Amount = (options: Options<number> & { readonly minimum: number; readonly maximum?: number }) =>
  Type.Number({ expects: `a number ${range(options)}`, ...options })

function range({ minimum, maximum }: { readonly minimum: number; readonly maximum?: number }): string {
  return maximum === undefined ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`
}

/** Keys that are not named are a mistake. */
export const closed = { additionalProperties: false } as const

/**
 * A block whose fields all have defaults, once these are filled in: none is missing, which the schema's own type
 * cannot say, because a field with a default must be optional to editors.
 */
export type Whole<T> = { readonly [K in keyof T]-?: Part<NonNullable<T[K]>> }
type Part<T> = T extends { readonly kind: string } ? T : T extends object ? Whole<T> : T

/** A block of which only the fields `K` have defaults. */
export type WithDefaults<T, K extends keyof T> = Omit<T, K> & { readonly [P in K]-?: NonNullable<T[P]> }
