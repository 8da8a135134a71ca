import { LRUCache } from 'lru-cache'
import type { Usage } from '#canonical/answer.ts'
import type { Price, Target } from '#canonical/plan.ts'
import type { Config } from '#config/config.ts'
import { costOf } from './price.ts'

/** The catalogue's own module: 800 KB of data, so it is loaded when it is first wanted and not at the start. */
type Catalogue = typeof import('@pydantic/genai-prices')

/** What targets cost. The routing file's prices go over the catalogue's; what neither knows is undefined, never 0. */
export type Prices = {
  /** Rates of a request of ordinary length. */
  readonly rates: (target: Target) => Price | undefined
  /** USD for these tokens, with the higher rates that some models have for long prompts. */
  readonly cost: (target: Target, usage: Usage) => number | undefined
  /** Context window in tokens. */
  readonly context: (target: Target) => number | undefined
  /** Loads the catalogue; until it has, only the routing file's prices are known. */
  readonly load: () => Promise<void>
}

/** How the catalogue names the vendors that we name otherwise. */
const catalogueNames: Readonly<Record<string, string>> = { gemini: 'google', xai: 'x-ai', bedrock: 'aws', vertex: 'google' }

// Wildcard routes let clients name models: what is kept of them must have an end.
const mostEntries = 5000

// Longer prompts may have other rates; shorter ones have the same everywhere.
const longPrompt = 100_000

type Entry = { readonly price: Price | undefined; readonly context: number | undefined }

export function createPrices(config: () => Config): Prices {
  let catalogue: Catalogue | undefined
  const entries = new LRUCache<string, Entry>({ max: mostEntries })

  const providerOf = (target: Target): string => {
    const type = config().providers.get(target.provider)?.type.type ?? target.provider
    return catalogueNames[type] ?? type
  }
  const entryOf = (target: Target): Entry => {
    const known = entries.get(target.id)
    if (known !== undefined || catalogue === undefined) return known ?? { price: undefined, context: undefined }
    const entry = lookUp(catalogue, target.model, providerOf(target))
    entries.set(target.id, entry)
    return entry
  }
  return {
    rates: (target) => target.price ?? entryOf(target).price,
    cost(target, usage) {
      if (target.price !== undefined) return costOf(target.price, usage)
      const { price } = entryOf(target)
      if (price === undefined || catalogue === undefined) return undefined
      if (usage.input < longPrompt) return costOf(price, usage)
      return catalogue.calcPrice(asCounted(usage), target.model, { providerId: providerOf(target) })?.total_price
    },
    context: (target) => target.context ?? entryOf(target).context,
    async load() {
      catalogue ??= await import('@pydantic/genai-prices')
    },
  }
}

function asCounted(usage: Usage): Record<string, number> {
  return {
    input_tokens: usage.input,
    output_tokens: usage.output,
    cache_read_tokens: usage.cacheRead,
    cache_write_tokens: usage.cacheWrite,
  }
}

/** The rates of a model, found by asking what a thousand tokens of each kind cost: a lookup takes 17 µs, a product nothing. */
function lookUp(catalogue: Catalogue, model: string, providerId: string): Entry {
  const ask = (usage: Record<string, number>): number | undefined =>
    catalogue.calcPrice(usage, model, { providerId })?.total_price
  const found = catalogue.calcPrice({ input_tokens: 1000 }, model, { providerId })
  const input = found?.total_price
  const output = ask({ input_tokens: 0, output_tokens: 1000 })
  if (found === null || input === undefined || output === undefined) return { price: undefined, context: undefined }
  const cachedInput = ask({ input_tokens: 1000, cache_read_tokens: 1000 }) ?? input
  const cacheWrite = ask({ input_tokens: 1000, cache_write_tokens: 1000 }) ?? input
  return {
    price: { input: input * 1000, output: output * 1000, cachedInput: cachedInput * 1000, cacheWrite: cacheWrite * 1000 },
    context: found?.model.context_window,
  }
}
