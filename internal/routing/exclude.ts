import type { Exclusion, Price, Target } from '#canonical/plan.ts'
import type { TargetHealth } from '#health/snapshot.ts'

/** Limits that apply to one request. */
export type Limits = {
  readonly only: readonly string[] | undefined
  readonly ignore: readonly string[]
  readonly maxPrice: { readonly input?: number | undefined; readonly output?: number | undefined }
  readonly maxCostUsd: number | undefined
  /** A target that is too dear for the whole answer is asked for a shorter one. */
  readonly lowerMaxTokens: boolean
}

/** An answer of fewer tokens is not worth its prompt. */
const fewestTokens = 16

export type Facts = {
  readonly health: TargetHealth
  readonly price: Price | undefined
  /** What the request would cost there, less for what is cached. */
  readonly estimatedUsd: number | undefined
  /** How many tokens of answer the client's limit is enough for; undefined without a limit or a price. */
  readonly affordable: number | undefined
  /** How much of the prompt is likely to be cached there. */
  readonly cachedTokens: number
  readonly context: number | undefined
  readonly inputTokens: number
  /** What the request needs and the target does not have, in words. */
  readonly missing: string | undefined
  readonly nowMs: number
}

/** Why a target cannot take this request, whatever its health; undefined when it can. */
export function hardExclusion(target: Target, facts: Facts, limits: Limits): Exclusion | undefined {
  const out = (kind: Exclusion['kind'], reason: string): Exclusion => ({ target, kind, reason })
  if (limits.only !== undefined && !limits.only.includes(target.provider)) return out('rule', `only ${limits.only.join(', ')}`)
  if (limits.ignore.includes(target.provider)) return out('rule', `${target.provider} is left out`)
  // Price last: who is left out for it alone could serve a client that pays more.
  return fitExclusion(target, facts) ?? priceExclusion(target, facts, limits)
}

function priceExclusion(target: Target, facts: Facts, limits: Limits): Exclusion | undefined {
  const { price, estimatedUsd, affordable } = facts
  const { maxPrice, maxCostUsd, lowerMaxTokens } = limits
  const out = (reason: string): Exclusion => ({ target, kind: 'price', reason })
  if (maxPrice.input !== undefined || maxPrice.output !== undefined) {
    // A limit was set: what has no known price cannot be shown to keep it.
    if (price === undefined) return out('its price is not known')
    if (price.input > (maxPrice.input ?? Number.POSITIVE_INFINITY))
      return out(`input costs ${price.input} USD per million tokens`)
    if (price.output > (maxPrice.output ?? Number.POSITIVE_INFINITY))
      return out(`output costs ${price.output} USD per million tokens`)
  }
  if (maxCostUsd === undefined) return undefined
  if (estimatedUsd === undefined) return out('its price is not known')
  const isDear = lowerMaxTokens ? (affordable ?? 0) < fewestTokens : estimatedUsd > maxCostUsd
  return isDear ? out(`would cost about ${estimatedUsd.toFixed(6)} USD`) : undefined
}

function fitExclusion(target: Target, { context, inputTokens, missing }: Facts): Exclusion | undefined {
  if (context !== undefined && inputTokens > context)
    return { target, kind: 'context', reason: `about ${inputTokens} tokens do not fit into ${context}` }
  return missing === undefined ? undefined : { target, kind: 'capability', reason: missing }
}

/** Why a target should not be asked now. */
export function healthExclusion(target: Target, { health, nowMs }: Facts): Exclusion | undefined {
  if (health.restingUntilMs !== undefined && health.breaker === 'closed') {
    return {
      target,
      kind: 'resting',
      reason: `rests for ${Math.max(1, Math.ceil((health.restingUntilMs - nowMs) / 1000))} s more`,
    }
  }
  return health.admit === 'refused' ? { target, kind: 'breaker_open', reason: 'its breaker is open' } : undefined
}
