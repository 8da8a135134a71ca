import type { Usage } from '#canonical/answer.ts'
import type { Price } from '#canonical/plan.ts'
import { isWithin } from '#lib/time-window.ts'

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

/** The rates that hold at a moment (milliseconds since the epoch). */
export function priceAt(price: Price, wallMs: number): Price {
  return price.during?.find(({ between }) => isWithin(between, wallMs)) ?? price
}
