import { type Exclusion, type Plan, type PlanProblem, type Price, reasonText, type Step, type Target } from '#canonical/plan.ts'
import type { TargetHealth } from '#health/snapshot.ts'
import type { Result } from '#lib/result.ts'
import type { PlanContext } from './plan-context.ts'

/** What a plan rested on, to be told beside it. */
export type ExplainFacts = Pick<PlanContext, 'snapshot' | 'offerOf' | 'wallNowMs'>

type Planned = Result<Plan, PlanProblem>

/** A plan for people: each target with its reason, and below it what is known of it; those left out last. */
export function explainLines(planned: Planned, facts: ExplainFacts): readonly string[] {
  const left = (excluded: readonly Exclusion[]): readonly string[] =>
    excluded.flatMap(({ target, reason }) => [`  –  ${target.id}: ${reason}`, knownLine(target, facts)])
  if (!planned.ok) return [`no plan: ${planned.error.message}`, ...left(planned.error.excluded)]
  const { route, strategy, rule, steps, excluded } = planned.value
  return [
    `route ${route}, strategy ${strategy}${rule === undefined ? '' : `, rule ${rule + 1}`}`,
    ...steps.flatMap((step, index) => [`  ${index + 1}. ${step.target.id}: ${stepText(step)}`, knownLine(step.target, facts)]),
    ...left(excluded),
  ]
}

function stepText({ reason, estimatedUsd, maxOutput }: Step): string {
  const text = reasonText(reason)
  const cost = estimatedUsd === undefined || text.includes(' USD') ? '' : `, about ${estimatedUsd.toFixed(6)} USD`
  return `${text}${cost}${maxOutput === undefined ? '' : `, asked for at most ${maxOutput} tokens`}`
}

function knownLine(target: Target, facts: ExplainFacts): string {
  const { price, context } = facts.offerOf(target, facts.wallNowMs)
  const window = context === undefined ? 'window not known' : `window ${context}`
  return `       ${[priceText(price), window, ...healthTexts(facts.snapshot.of(target.id))].join(' · ')}`
}

function priceText(price: Price | undefined): string {
  if (price === undefined) return 'price not known'
  const cached = price.cachedInput === undefined ? '' : ` (cached ${price.cachedInput})`
  return `${price.input}${cached} in, ${price.output} out USD/MTok`
}

function healthTexts({ breaker, samples, errorRatio, inFlight, share, times }: TargetHealth): readonly string[] {
  const firstToken = times?.firstTokenMs()
  const latency = times?.latencyMs()
  return [
    `breaker ${breaker.replace('_', '-')}`,
    samples === 0 ? 'not asked yet' : `${Math.round(errorRatio * 100)} % of ${samples} failed`,
    ...(firstToken === undefined ? [] : [`first token ${Math.round(firstToken.p50)} ms`]),
    ...(latency === undefined ? [] : [`answer ${Math.round(latency.p50)} ms`]),
    ...(inFlight === 0 ? [] : [`${inFlight} under way`]),
    ...(share === 1 ? [] : [`gets ${Math.round(share * 100)} % of its traffic`]),
  ]
}

/** The same for programs. */
export function explainJson(planned: Planned, facts: ExplainFacts): unknown {
  const excludedJson = ({ target, kind, reason }: Exclusion): unknown => ({
    target: target.id,
    kind,
    reason,
    ...knownJson(target, facts),
  })
  if (!planned.ok)
    return { error: planned.error.code, message: planned.error.message, excluded: planned.error.excluded.map(excludedJson) }
  const { route, strategy, rule, steps, excluded } = planned.value
  return {
    route,
    strategy,
    // As in the access log: the first rule of the file is 1.
    rule: rule === undefined ? undefined : rule + 1,
    targets: steps.map(({ target, reason, estimatedUsd, maxOutput }) => ({
      target: target.id,
      reason: reasonText(reason),
      estimated_usd: estimatedUsd,
      max_output_tokens: maxOutput,
      ...knownJson(target, facts),
    })),
    excluded: excluded.map(excludedJson),
  }
}

function knownJson(target: Target, { snapshot, offerOf, wallNowMs }: ExplainFacts): object {
  const { price, context } = offerOf(target, wallNowMs)
  const { breaker, errorRatio, samples, inFlight, share, times } = snapshot.of(target.id)
  return {
    price: price === undefined ? undefined : { input: price.input, output: price.output, cached_input: price.cachedInput },
    context,
    health: { breaker, error_ratio: errorRatio, samples, in_flight: inFlight, share },
    latency: { first_token_ms: times?.firstTokenMs(), answer_ms: times?.latencyMs() },
  }
}
