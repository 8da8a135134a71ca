import type { Hints, PlanInput, Step } from '#canonical/plan.ts'
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
}

/** Targets that may be asked, in the order in which they are. */
export function order(judged: readonly Judged[], { input, matched, strategy, wishes, random }: OrderContext): readonly Step[] {
  const lots = lotsFor(input, matched)
  const found = findStrategy(strategy)
  const until = found?.isTimed !== true ? undefined : input.request.stream ? 'first_token' : 'answer'
  const candidates = judged.map((each) => asCandidate(each, until, lots))
  const ranked = found?.order(candidates, random) ?? []
  const steps = matched.model?.affinity === 'prefix' ? cachedFirst(ranked, judged) : ranked
  if (wishes.order.length === 0) return steps
  const place = (step: Step): number => {
    const at = wishes.order.indexOf(step.target.provider)
    return at < 0 ? wishes.order.length : at
  }
  return steps.toSorted((a, b) => place(a) - place(b))
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
  const until = ({ facts }: Judged): number => facts.health.restingUntilMs ?? 0
  return [...judged]
    .sort((a, b) => until(a) - until(b) || a.facts.health.errorRatio - b.facts.health.errorRatio)
    .map(({ target }) => ({ target, reason: 'not healthy, but nothing better is left' }))
}
