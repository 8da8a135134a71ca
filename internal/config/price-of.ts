import type { Price } from '#canonical/plan.ts'
import { compact } from '#lib/json.ts'
import { isZone } from '#lib/time-window.ts'
import type { Report } from './report.ts'
import type { PriceTableEntry } from './schema/prices.ts'

/** Prices as the program counts with them; an unknown time zone is reported. */
export function priceOf(entry: PriceTableEntry, path: readonly string[], report: Report): Price {
  const during = entry.during?.map(({ between, ...rates }, index) => {
    if (!isZone(between.zone)) report([...path, 'during', String(index), 'between'], `${between.zone} is no time zone`)
    return { between, ...ratesOf(rates) }
  })
  return compact({ ...ratesOf(entry), during })
}

function ratesOf(entry: Omit<PriceTableEntry, 'during'>): Omit<Price, 'during'> {
  return compact({
    input: entry.input,
    output: entry.output,
    cachedInput: entry.cached_input,
    cacheWrite: entry.cache_write,
    cacheWrite1h: entry.cache_write_1h,
  })
}
