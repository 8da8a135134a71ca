import { Type } from 'typebox'

const msOf: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const bytesOf: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, kB: 1000, MB: 1e6, GB: 1e9 }

/** Milliseconds of `500ms`, `1.5s`, `5m`, `1h`. */
function parseDuration(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? []
  return Number(amount) * (msOf[unit ?? ''] ?? Number.NaN)
}

/** Bytes of `64MiB`. */
function parseSize(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([KMG]iB|[kMG]?B)$/.exec(text) ?? []
  return Math.round(Number(amount) * (bytesOf[unit ?? ''] ?? Number.NaN))
}

function parseRatio(text: string): number {
  return Number(text.slice(0, -1)) / 100
}

type Options<Default> = { readonly description: string; readonly default?: Default }

/** `500ms`, `30s`, `5m`, `1h` in the file; milliseconds in the program. */
export const Duration = (options: Options<string>) =>
  Type.Codec(
    Type.String({ pattern: '^\\d+(\\.\\d+)?(ms|s|m|h)$', expects: 'a duration such as 500ms, 30s, 5m or 1h', ...options }),
  )
    .Decode(parseDuration)
    .Encode((ms) => `${ms}ms`)

/** `64MiB` in the file; bytes in the program. */
export const Size = (options: Options<string>) =>
  Type.Codec(Type.String({ pattern: '^\\d+(\\.\\d+)?([KMG]iB|[kMG]?B)$', expects: 'a size such as 64KiB or 32MiB', ...options }))
    .Decode(parseSize)
    .Encode((bytes) => `${bytes}B`)

/** `5%` or `0.05` in the file; 0–1 in the program. */
export const Ratio = (options: Options<string | number>) =>
  Type.Union(
    [
      Type.Number({ minimum: 0, maximum: 1 }),
      Type.Codec(Type.String({ pattern: '^(100|\\d{1,2}(\\.\\d+)?)%$' }))
        .Decode(parseRatio)
        .Encode((ratio) => `${ratio * 100}%`),
    ],
    { expects: 'a share such as 5% or 0.05', ...options },
  )

/** One of these words. */
export const Word = <Words extends string[]>(words: readonly [...Words], options: Options<Words[number]>) =>
  Type.Enum(words, { expects: `one of ${words.join(', ')}`, ...options })
