import type { Usage } from '#canonical/answer.ts'
import type { Price, Target } from '#canonical/plan.ts'
import type { Config } from '#config/config.ts'
import { findListed } from './listed-prices.ts'
import { ownPrice } from './own-prices.ts'
import { costOf, priceAt } from './price.ts'

/** The catalogue's own module: 800 KB of data, so it is loaded when it is first wanted and not at the start. */
type Catalogue = typeof import('@pydantic/genai-prices')

/**
 * What targets cost now. `price` of a target goes over the price file, that over the catalogue, and that over our own table; what none of
 * them knows is undefined, never 0.
 */
export type Prices = {
  /**
   * Rates and context window; some models charge more for a long prompt. `wallNowMs`: milliseconds since the epoch.
   * @param inputTokens the length of the prompt; default: an ordinary one
   */
  readonly offerOf: (target: Target, wallNowMs: number, inputTokens?: number) => Offer
  /** USD for these tokens, with the higher rates that some models have for long prompts. */
  readonly cost: (target: Target, usage: Usage) => number | undefined
  /** Loads the catalogue; until it has, only the prices of files and of our own table are known. */
  readonly load: () => Promise<void>
}

/** How the catalogue names the vendors that we name otherwise. */
const catalogueNames: Readonly<Record<string, string>> = { gemini: 'google', xai: 'x-ai', bedrock: 'aws', vertex: 'google' }

// Wildcard routes let clients name models: what is kept of them must have an end.
const mostEntries = 5000

// Longer prompts may have other rates; shorter ones have the same everywhere.
const longPrompt = 100_000
// Prompts that differ by less are taken as one: their lengths are only estimated.
const sizeStep = 10_000

// Some of the catalogue's prices change with the hour of the day.
const entriesKeptMs = 30 * 60_000

/** What a target costs and how much it can read. */
export type Offer = {
  /** Undefined where nobody knows it. */
  readonly price: Price | undefined
  /** Context window in tokens, where known. */
  readonly context: number | undefined
}

type Entry = Offer & {
  /** Whether it is the catalogue's, which knows the rates of long prompts. */
  readonly catalogued: boolean
}

/** `wallNowMs` gives milliseconds since the epoch. */
export function createPrices(config: () => Config, wallNowMs: () => number = Date.now): Prices {
  let catalogue: Catalogue | undefined
  let madeFor: Config | undefined
  let staleFromMs = 0
  const entries = new Map<string, Entry>()

  const typeOf = (target: Target): string => config().providers.get(target.provider)?.type.type ?? target.provider
  const providerOf = (target: Target): string => {
    const type = typeOf(target)
    return catalogueNames[type] ?? type
  }
  const makeEntry = (target: Target): Entry => {
    const listed = findListed(config().prices, target.id)
    const found = catalogue === undefined ? undefined : lookUp(catalogue, target.model, providerOf(target))
    const known = found ?? ownPrice(typeOf(target), target.model)
    const traits = config().providers.get(target.provider)?.type.traitsOf(target.model)
    const context = listed?.context ?? known?.context ?? traits?.context
    return listed === undefined
      ? { price: known?.price, context, catalogued: found !== undefined }
      : { price: listed.price, context, catalogued: false }
  }
  const entryOf = (target: Target, wallMs: number): Entry => {
    const sinceMs = staleFromMs - wallMs
    if (madeFor !== config() || sinceMs <= 0 || sinceMs > entriesKeptMs) {
      entries.clear()
      madeFor = config()
      staleFromMs = (Math.floor(wallMs / entriesKeptMs) + 1) * entriesKeptMs
    }
    const known = entries.get(target.id)
    if (known !== undefined) return known
    if (entries.size >= mostEntries) entries.clear()
    const entry = makeEntry(target)
    entries.set(target.id, entry)
    return entry
  }
  const longEntry = (target: Target, usual: Entry, inputTokens: number): Entry => {
    const size = Math.floor(inputTokens / sizeStep) * sizeStep
    const key = `${target.id} ${size}`
    const known = entries.get(key)
    if (known !== undefined || catalogue === undefined) return known ?? usual
    if (entries.size >= mostEntries) entries.clear()
    const entry = { ...usual, price: lookUp(catalogue, target.model, providerOf(target), size)?.price ?? usual.price }
    entries.set(key, entry)
    return entry
  }
  // Each target of each plan asks: what it makes is made anew only for a target with facts of its own or rates by the hour.
  const offerOf = (target: Target, wallMs: number, inputTokens = 0): Offer => {
    const usual = entryOf(target, wallMs)
    const entry = inputTokens < longPrompt || !usual.catalogued ? usual : longEntry(target, usual, inputTokens)
    const { price = entry.price, context = entry.context } = target
    if (price?.during !== undefined) return { price: priceAt(price, wallMs), context }
    return price === entry.price && context === entry.context ? entry : { price, context }
  }
  return {
    offerOf,
    cost(target, usage) {
      const wallMs = wallNowMs()
      const { price } = offerOf(target, wallMs)
      if (price === undefined || catalogue === undefined) return price === undefined ? undefined : costOf(price, usage)
      if (usage.input < longPrompt || target.price !== undefined || !entryOf(target, wallMs).catalogued)
        return costOf(price, usage)
      return catalogue.calcPrice(asCounted(usage), target.model, { providerId: providerOf(target) })?.total_price
    },
    async load() {
      catalogue ??= await import('@pydantic/genai-prices')
      entries.clear()
    },
  }
}

function asCounted(usage: Usage): Record<string, number> {
  return {
    input_tokens: usage.input,
    output_tokens: usage.output,
    cache_read_tokens: usage.cacheRead,
    cache_write_tokens: usage.cacheWrite,
    ...(usage.cacheWrite1h === undefined ? {} : { cache_write_1h_tokens: usage.cacheWrite1h }),
  }
}

type Known = { readonly price: Price; readonly context: number | undefined }

/**
 * The rates of a model for prompts of a length, found by asking what so many tokens of each kind cost: a lookup takes 17 µs, a
 * product nothing.
 */
function lookUp(catalogue: Catalogue, model: string, providerId: string, tokens = 1000): Known | undefined {
  const found = catalogue.calcPrice({ input_tokens: tokens }, model, { providerId })
  const asked = found?.total_price
  if (found === null || asked === undefined) return undefined
  // Rounded, since what is worked out from sums is off in the last places.
  const rate = (usd: number): number => Number(((usd * 1_000_000) / tokens).toPrecision(12))
  const ask = (usage: Record<string, number>): number | undefined =>
    catalogue.calcPrice({ input_tokens: tokens, ...usage }, model, { providerId })?.total_price
  const withOutput = ask({ output_tokens: tokens })
  if (withOutput === undefined) return undefined
  const cacheWrite = ask({ cache_write_tokens: tokens }) ?? asked
  return {
    price: {
      input: rate(asked),
      output: rate(withOutput - asked),
      cachedInput: rate(ask({ cache_read_tokens: tokens }) ?? asked),
      cacheWrite: rate(cacheWrite),
      cacheWrite1h: rate(ask({ cache_write_tokens: tokens, cache_write_1h_tokens: tokens }) ?? cacheWrite),
    },
    context: found.model.context_window,
  }
}
