import { createHash } from 'node:crypto'
import type { Hints } from '#canonical/plan.ts'
import type { Request } from '#canonical/request.ts'

/** Whose answer it may be: that of the route that the request took, and of one client or of all. */
export type KeyScope = {
  readonly route: string
  readonly hints: Hints
  /** Whether clients get each other's answers. Default false. */
  readonly shared?: boolean
}

/** Who asks, and what it takes for an answer. */
export type CacheScope = KeyScope & {
  readonly requestId: string
  /** Whether an answer of this target may still be given. Default: any. */
  readonly accepts?: (target: string) => boolean
  /** Calls when the request can wait for another one's answer no longer; gives what ends that. Default: it can wait for ever. */
  readonly whenLate?: (call: () => void) => () => void
}

/**
 * The name of a request in the cache: of its meaning, not of its bytes, so that the same question in two dialects is one.
 * Undefined for what must not be answered twice: tools that run at a provider, conversations that a provider keeps, what
 * the client's dialect says that has no meaning in another, and log probabilities of a stream, which are not kept.
 */
export function cacheKey(request: Request, scope: KeyScope): string | undefined {
  if (scope.hints.cacheOff || isKeptElsewhere(request)) return undefined
  if (request.stream && request.params.logprobs !== undefined) return undefined
  if (request.tools.some(({ kind }) => kind === 'builtin') || (request.nativeOnly?.length ?? 0) > 0) return undefined
  return digest(meaningOf(request, scope))
}

/** Everything that the answer depends on. */
export function meaningOf(request: Request, { route, hints, shared = false }: KeyScope) {
  const { messages, tools, toolChoice, parallelTools, params, output, reasoning, ext } = request
  // The end user, metadata, cache hints and the service tier do not change what is answered; the model is in the route's name and its own.
  return {
    model: request.model,
    route,
    client: shared ? undefined : hints.client,
    tier: hints.tier,
    messages,
    tools,
    toolChoice,
    parallelTools,
    params,
    output,
    reasoning,
    ext,
  }
}

/** A name for a meaning, whatever the order of its fields. */
export function digest(meaning: object): string {
  return createHash('sha256').update(JSON.stringify(meaning, sorted)).digest('base64url')
}

/** `store: false` alone asks a provider to keep nothing; all else in a conversation's state is more than what the request says. */
function isKeptElsewhere({ state }: Request): boolean {
  if (state === undefined) return false
  const { store, ...rest } = state
  return store === true || Object.values(rest).some((value) => value !== undefined && value !== false)
}

/** Keys in one order, without the hints that ask a provider to cache. */
function sorted(key: string, value: unknown): unknown {
  if (key === 'cacheHint') return undefined
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
}
