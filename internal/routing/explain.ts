import { type Plan, type PlanProblem, reasonText, type Step } from '#canonical/plan.ts'
import type { Result } from '#lib/result.ts'

/** A plan for people: one line per target, those left out last. */
export function explainLines(planned: Result<Plan, PlanProblem>): readonly string[] {
  if (!planned.ok)
    return [
      `no plan: ${planned.error.message}`,
      ...planned.error.excluded.map(({ target, reason }) => `  –  ${target.id}: ${reason}`),
    ]
  const { route, strategy, rule, steps, excluded } = planned.value
  return [
    `route ${route}, strategy ${strategy}${rule === undefined ? '' : `, rule ${rule + 1}`}`,
    ...steps.map((step, index) => `  ${index + 1}. ${step.target.id}: ${stepText(step)}`),
    ...excluded.map(({ target, reason }) => `  –  ${target.id}: ${reason}`),
  ]
}

function stepText({ reason, estimatedUsd }: Step): string {
  const text = reasonText(reason)
  return estimatedUsd === undefined || text.includes(' USD') ? text : `${text}, about ${estimatedUsd.toFixed(6)} USD`
}

/** The same for programs. */
export function explainJson(planned: Result<Plan, PlanProblem>): unknown {
  if (!planned.ok)
    return { error: planned.error.code, message: planned.error.message, excluded: planned.error.excluded.map(excludedJson) }
  const { route, strategy, rule, steps, excluded } = planned.value
  return {
    route,
    strategy,
    rule,
    targets: steps.map(({ target, reason, estimatedUsd }) => ({
      target: target.id,
      reason: reasonText(reason),
      estimated_usd: estimatedUsd,
    })),
    excluded: excluded.map(excludedJson),
  }
}

function excludedJson({ target, kind, reason }: Plan['excluded'][number]): unknown {
  return { target: target.id, kind, reason }
}
