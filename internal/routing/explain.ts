import type { Plan, PlanProblem } from '#canonical/plan.ts'
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
    ...steps.map(
      ({ target, reason, estimatedUsd }, index) =>
        `  ${index + 1}. ${target.id}: ${reason}${estimatedUsd === undefined || reason.includes(' USD') ? '' : `, about ${estimatedUsd.toFixed(6)} USD`}`,
    ),
    ...excluded.map(({ target, reason }) => `  –  ${target.id}: ${reason}`),
  ]
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
    targets: steps.map(({ target, reason, estimatedUsd }) => ({ target: target.id, reason, estimated_usd: estimatedUsd })),
    excluded: excluded.map(excludedJson),
  }
}

function excludedJson({ target, kind, reason }: Plan['excluded'][number]): unknown {
  return { target: target.id, kind, reason }
}
