import { type Hints, type PlanInput, reasonText, type Step, type TargetId } from '#canonical/plan.ts'
import { chanceOf } from '#lib/hash.ts'
import { findStrategy } from '#strategy/registry.ts'
import type { Candidate } from '#strategy/strategy.ts'
import type { Facts } from './exclude.ts'
import type { Judged } from './judge.ts'
import type { Matched } from './match.ts'
import type { BodyWishes } from './openrouter-fields.ts'

/** What the order depends on besides the targets. */
export type OrderContext = {
  readonly input: PlanInput
  readonly matched: Matched
  readonly strategy: string
  readonly wishes: BodyWishes
  readonly random: () => number
  /** Targets that their breakers would keep out, if not too many were out already. */
  readonly kept: ReadonlySet<TargetId>
}

/** Targets that may be asked, in the order in which they are. */
export function order(judged: readonly Judged[], context: OrderContext): readonly Step[] {
  const { input, matched, strategy, wishes, random, kept } = context
  const lots = lotsFor(input, matched)
  const found = findStrategy(strategy)
  const until = found?.isTimed !== true ? undefined : input.request.stream ? 'first_token' : 'answer'
  const candidates = judged.map((each) => {
    const candidate = asCandidate(each, until, lots)
    return kept.has(each.target.id) ? { ...candidate, share: 1 } : candidate
  })
  const ranked = marked(found?.order(candidates, random) ?? [], kept)
  const steps = matched.model?.affinity === 'prefix' ? cachedFirst(ranked, judged) : ranked
  if (wishes.order.length === 0) return steps
  const place = (step: Step): number => {
    const at = wishes.order.indexOf(step.target.provider)
    return at < 0 ? wishes.order.length : at
  }
  return steps.toSorted((a, b) => place(a) - place(b))
}

function marked(steps: readonly Step[], kept: ReadonlySet<TargetId>): readonly Step[] {
  if (kept.size === 0) return steps
  return steps.map((step) => {
    if (!kept.has(step.target.id)) return step
    return { ...step, keptIn: true, reason: () => `${reasonText(step.reason)}; its breaker is open, but too many are` }
  })
}

/** The target that has most of the prompt in its cache goes first, unless it costs more all the same than the one that would. */
function cachedFirst(steps: readonly Step[], judged: readonly Judged[]): readonly Step[] {
  const cachedTokens = new Map(judged.map(({ target, facts }) => [target.id, facts.cachedTokens]))
  const tokensAt = ({ target }: Step): number => cachedTokens.get(target.id) ?? 0
  const [first] = steps
  const best = steps.reduce<Step | undefined>((found, step) => {
    const more = tokensAt(step) > (found === undefined ? 0 : tokensAt(found))
    return more ? step : found
  }, undefined)
  if (first === undefined || best === undefined || isDearer(best, first)) return steps
  const tokens = tokensAt(best)
  const reason = (): string => `has about ${tokens} tokens of the prompt in its cache`
  return [{ ...best, reason }, ...steps.filter((step) => step !== best)]
}

function isDearer(one: Step, other: Step): boolean {
  return one.estimatedUsd !== undefined && other.estimatedUsd !== undefined && one.estimatedUsd > other.estimatedUsd
}

type Lots = ((target: string) => number) | undefined

/** Where callers stay with their target: the same lots for the same caller. */
function lotsFor({ hints, request }: PlanInput, { model, route }: Matched): Lots {
  if (model?.sticky === undefined) return undefined
  const value = stickyValue(model.sticky, hints, request.endUser)
  return value === undefined ? undefined : (target) => chanceOf(`${route}\n${value}\n${target}`)
}

function stickyValue(by: string, { client, headers }: Hints, endUser: string | undefined): string | undefined {
  switch (by) {
    case 'user':
      return endUser
    case 'client':
      return client
    default:
      return headers[by.toLowerCase()]
  }
}

/** What a client waits for. */
type Until = 'first_token' | 'answer'

function asCandidate({ target, facts }: Judged, until: Until | undefined, lots: Lots): Candidate {
  const { health, price, estimatedUsd } = facts
  return {
    target,
    errorRatio: health.errorRatio,
    samples: health.samples,
    inFlight: health.inFlight,
    share: health.share,
    price,
    estimatedUsd,
    latencyMs: until === undefined ? undefined : expectMs(facts, until),
    lot: lots?.(target.id),
  }
}

function expectMs({ health: { times }, inputTokens }: Facts, until: Until): number | undefined {
  return times?.expectMs(until, inputTokens) ?? times?.expectMs('answer', inputTokens)
}

/** When nothing is healthy, the least bad is tried rather than nobody. */
export function leastBad(judged: readonly Judged[]): readonly Step[] {
  return [...judged].sort(soonestGood).map(({ target }) => ({ target, reason: 'not healthy, but nothing better is left' }))
}

/** Orders targets that are not well: the one that is soonest good comes first. */
export function soonestGood({ facts: { health: one } }: Judged, { facts: { health: other } }: Judged): number {
  return (one.restingUntilMs ?? 0) - (other.restingUntilMs ?? 0) || one.errorRatio - other.errorRatio
}
