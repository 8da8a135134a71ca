import type { Usage } from '#canonical/answer.ts'
import type { Price } from '#canonical/plan.ts'

const perMillion = 1_000_000

/** USD for these tokens. A price that the table leaves out is the input's: never nothing. */
export function costOf(price: Price, usage: Usage): number {
  const written1h = usage.cacheWrite1h ?? 0
  const fresh = Math.max(0, usage.input - usage.cacheRead - usage.cacheWrite)
  const usd =
    fresh * price.input +
    usage.cacheRead * (price.cachedInput ?? price.input) +
    (usage.cacheWrite - written1h) * (price.cacheWrite ?? price.input) +
    written1h * (price.cacheWrite1h ?? price.cacheWrite ?? price.input) +
    usage.output * price.output
  return usd / perMillion
}
