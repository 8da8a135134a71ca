import { createHash } from 'node:crypto'
import type { Hints } from '#canonical/plan.ts'
import type { Request } from '#canonical/request.ts'

/** Whose answer it may be: a client's own, on the route that its request took. */
export type CacheScope = { readonly route: string; readonly hints: Hints }

/**
 * The name of a request in the cache: of its meaning, not of its bytes, so that the same question in two dialects is one.
 * Undefined for what must not be answered twice: tools that run at a provider, conversations that a provider keeps, and what
 * the client's dialect says that has no meaning in another.
 */
export function cacheKey(request: Request, { route, hints }: CacheScope): string | undefined {
  if (hints.cacheOff || request.state !== undefined) return undefined
  if (request.tools.some(({ kind }) => kind === 'builtin') || (request.nativeOnly?.length ?? 0) > 0) return undefined
  const { messages, tools, toolChoice, parallelTools, params, output, reasoning, ext, metadata } = request
  // The end user, cache hints and the service tier do not change what is answered; the model is in the route's name and its own.
  const meaning = {
    model: request.model,
    route,
    client: hints.client,
    tier: hints.tier,
    messages,
    tools,
    toolChoice,
    parallelTools,
    params,
    output,
    reasoning,
    ext,
    metadata,
  }
  return createHash('sha256').update(JSON.stringify(meaning, sorted)).digest('base64url')
}

/** Keys in one order, without the hints that ask a provider to cache. */
function sorted(key: string, value: unknown): unknown {
  if (key === 'cacheHint') return undefined
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
}
