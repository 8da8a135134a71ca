import type { Request } from '#canonical/request.ts'
import { asArray, asNumber, asObject, asString, isObject } from '#lib/json.ts'

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
  /** Fields of `provider` that nobody knows. */
  readonly unknown: readonly string[]
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
  unknown: [],
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
  const sort = asString(provider['sort'])
  const max = asObject(provider['max_price'])
  const input = asNumber(max['prompt'] ?? max['input'])
  const output = asNumber(max['completion'] ?? max['output'])
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
    unknown: fields.filter((field) => !honoured.has(field) && !itsOwn.has(field)),
  }
}

function texts(value: unknown): readonly string[] {
  return asArray(value).flatMap((entry) => (typeof entry === 'string' ? [entry] : []))
}

/** All models that a request names: the one asked for, and those to fall back to. */
export function namedModels(request: Request): readonly string[] {
  return [request.model, ...readWishes(request).models]
}
