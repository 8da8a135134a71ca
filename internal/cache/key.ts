import { createHash } from 'node:crypto'
import type { Hints } from '#canonical/plan.ts'
import type { Request } from '#canonical/request.ts'
import { asObject, isObject } from '#lib/json.ts'
import type { Turn } from '#lib/slices/turn.ts'
import { writeInSlices } from '#lib/slices/write.ts'

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
  /** For a large request: turns for others while its key is worked out. */
  readonly turn?: Turn
}

/**
 * The name of a request in the cache: of its meaning, not of its bytes, so that the same question in two dialects is one.
 * Undefined for what must not be answered twice: tools that run at a provider, conversations that a provider keeps, what
 * the client's dialect says that has no meaning in another, and log probabilities of a stream, which are not kept.
 */
export function cacheKey(request: Request, scope: KeyScope): string | undefined {
  return isKeepable(request, scope) ? digest(meaningOf(request, scope)) : undefined
}

/** The key: of a large request later, and undefined when nobody waits for its answer any more. */
export function keyOf(request: Request, scope: CacheScope): string | Promise<string | undefined> | undefined {
  return scope.turn === undefined ? cacheKey(request, scope) : cacheKeyInTurns(request, scope, scope.turn)
}

/** The same key, worked out in turns; it gives undefined when nobody waits for the answer any more. */
export function cacheKeyInTurns(request: Request, scope: KeyScope, turn: Turn): Promise<string | undefined> | undefined {
  return isKeepable(request, scope) ? digestInTurns(meaningOf(request, scope), turn) : undefined
}

function isKeepable(request: Request, { hints }: KeyScope): boolean {
  if (hints.cacheOff || isKeptElsewhere(request)) return false
  if (request.stream && request.params.logprobs !== undefined) return false
  return !request.tools.some(({ kind }) => kind === 'builtin') && (request.nativeOnly?.length ?? 0) === 0
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

async function digestInTurns(meaning: object, turn: Turn): Promise<string | undefined> {
  const pieces = await writeInSlices(asObject(allSorted(meaning)), turn)
  if (pieces === undefined) return undefined
  const hash = createHash('sha256')
  for (const piece of pieces) {
    hash.update(piece)
    if (!(await turn())) return undefined
  }
  return hash.digest('base64url')
}

/** What JSON.stringify writes of it with `sorted`. */
function allSorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(allSorted)
  const fields = sorted('', value)
  if (!isObject(fields)) return fields
  const kept = Object.entries(fields).filter(([key]) => key !== 'cacheHint')
  return Object.fromEntries(kept.map(([key, field]) => [key, allSorted(field)]))
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
