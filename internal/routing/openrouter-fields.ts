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
}

const none: BodyWishes = {
  models: [],
  order: [],
  only: undefined,
  ignore: [],
  sort: undefined,
  maxPrice: {},
  allowFallbacks: true,
}

export function readWishes({ raw }: Request): BodyWishes {
  if (raw['models'] === undefined && !isObject(raw['provider'])) return none
  const provider = asObject(raw['provider'])
  const sort = asString(provider['sort'])
  const max = asObject(provider['max_price'])
  const input = asNumber(max['prompt'] ?? max['input'])
  const output = asNumber(max['completion'] ?? max['output'])
  return {
    models: texts(raw['models']),
    order: texts(provider['order']),
    only: Array.isArray(provider['only']) ? texts(provider['only']) : undefined,
    ignore: texts(provider['ignore']),
    sort: sort === 'price' || sort === 'latency' ? sort : sort === 'throughput' ? 'latency' : undefined,
    maxPrice: { ...(input === undefined ? {} : { input }), ...(output === undefined ? {} : { output }) },
    allowFallbacks: provider['allow_fallbacks'] !== false,
  }
}

function texts(value: unknown): readonly string[] {
  return asArray(value).flatMap((entry) => (typeof entry === 'string' ? [entry] : []))
}

/** All models that a request names: the one asked for, and those to fall back to. */
export function namedModels(request: Request): readonly string[] {
  return [request.model, ...readWishes(request).models]
}
