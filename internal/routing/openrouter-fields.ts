import type { Request } from '#canonical/request.ts'
import { asArray, asNumber, asObject, asString, isObject, type JsonObject } from '#lib/json.ts'

/** Routing wishes in the body, as clients of OpenRouter write them. Source: openrouter.ai/docs, provider routing. */
export type BodyWishes = {
  /** Models to fall back to, after the one asked for. */
  readonly models: readonly string[]
  /** Providers in this order, first. */
  readonly order: readonly string[]
  readonly only: readonly string[] | undefined
  readonly ignore: readonly string[]
  readonly sort: 'price' | 'latency' | undefined
  /** USD per million tokens. */
  readonly maxPrice: { readonly input?: number; readonly output?: number }
  readonly allowFallbacks: boolean
  /** Targets that cannot take every field of the request are passed over. */
  readonly requireParameters: boolean
  /** Fields that only providers of this vendor honour. */
  readonly onlyAt: OnlyAt | undefined
  /** What nobody knows, in words: fields of `provider`, and values that a field cannot have. */
  readonly mistakes: readonly string[]
}

const none: BodyWishes = {
  models: [],
  order: [],
  only: undefined,
  ignore: [],
  sort: undefined,
  maxPrice: {},
  allowFallbacks: true,
  requireParameters: false,
  onlyAt: undefined,
  mistakes: [],
}

/** Fields of `provider` that only providers of a vendor know. */
export type OnlyAt = { readonly vendor: string; readonly fields: readonly string[] }

const honoured = new Set(['order', 'only', 'ignore', 'sort', 'max_price', 'allow_fallbacks', 'require_parameters'])
const itsOwn = new Set([
  'data_collection',
  'zdr',
  'enforce_distillable_text',
  'quantizations',
  'preferred_min_throughput',
  'preferred_max_latency',
  'experimental',
])

export function readWishes({ raw }: Request): BodyWishes {
  if (raw['models'] === undefined && !isObject(raw['provider'])) return none
  const provider = asObject(raw['provider'])
  const sort = sortOf(provider)
  const max = asObject(provider['max_price'])
  const input = usdOf(max['prompt'] ?? max['input'])
  const output = usdOf(max['completion'] ?? max['output'])
  const fields = Object.keys(provider)
  const own = fields.filter((field) => itsOwn.has(field))
  return {
    models: texts(raw['models']),
    order: texts(provider['order']),
    only: Array.isArray(provider['only']) ? texts(provider['only']) : undefined,
    ignore: texts(provider['ignore']),
    sort: sort === 'price' || sort === 'latency' ? sort : sort === 'throughput' ? 'latency' : undefined,
    maxPrice: { ...(input === undefined ? {} : { input }), ...(output === undefined ? {} : { output }) },
    allowFallbacks: provider['allow_fallbacks'] !== false,
    requireParameters: provider['require_parameters'] === true,
    onlyAt: own.length === 0 ? undefined : { vendor: 'openrouter', fields: own },
    mistakes: [
      ...fields
        .filter((field) => !honoured.has(field) && !itsOwn.has(field))
        .map((field) => `provider.${field}: no such field is known`),
      ...mistakenValues(raw['models'], provider),
    ],
  }
}

const sorts = new Set(['price', 'latency', 'throughput'])
// What OpenRouter's own table has too: prices by request and image, which no target here has.
const prices = new Set(['prompt', 'completion', 'input', 'output', 'request', 'image'])

/** Whoever misspells a wish must not be served as if there were none. */
function mistakenValues(models: unknown, provider: JsonObject): readonly string[] {
  const lists = [
    ['models', models] as const,
    ...(['order', 'only', 'ignore'] as const).map((name) => [`provider.${name}`, provider[name]] as const),
  ]
  const notLists = lists
    .filter(([, value]) => value !== undefined && value !== null && !isTexts(value))
    .map(([name]) => `${name} must be a list of names`)
  const maxPrice = provider['max_price']
  const sort = sortOf(provider)
  const unknownSort = sort === undefined || sorts.has(sort) ? [] : [`provider.sort must be one of ${[...sorts].join(', ')}`]
  const priced = Object.entries(asObject(maxPrice)).flatMap(([name, usd]) => {
    if (!prices.has(name)) return [`provider.max_price.${name}: no such price is known`]
    return Number.isFinite(Number(usd)) ? [] : [`provider.max_price.${name} must be USD per million tokens`]
  })
  return [...notLists, ...unknownSort, ...priced]
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string')
}

/** A word, or newer: `{ by: word }`. */
function sortOf({ sort }: JsonObject): string | undefined {
  if (sort === undefined || sort === null) return undefined
  return asString(isObject(sort) ? sort['by'] : sort) ?? ''
}

/** OpenRouter's clients write prices as numbers or as texts. */
function usdOf(value: unknown): number | undefined {
  const usd = typeof value === 'string' ? Number(value) : asNumber(value)
  return usd === undefined || Number.isNaN(usd) ? undefined : usd
}

function texts(value: unknown): readonly string[] {
  return asArray(value).flatMap((entry) => (typeof entry === 'string' ? [entry] : []))
}

/** All models that a request names: the one asked for, and those to fall back to. */
export function namedModels(request: Request): readonly string[] {
  return [request.model, ...readWishes(request).models]
}
