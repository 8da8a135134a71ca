import type { Exclusion, Plan, PlanInput, PlanProblem, Step, Target } from '#canonical/plan.ts'
import type { Config } from '#config/config.ts'
import type { Snapshot, TargetHealth } from '#health/snapshot.ts'
import { err, ok, type Result } from '#lib/result.ts'
import { findStrategy } from '#strategy/registry.ts'
import type { Candidate } from '#strategy/strategy.ts'
import { matchModel } from './match.ts'

/** What a plan depends on besides request and file. */
export type PlanContext = {
  readonly snapshot: Snapshot
  /** By the monotonic clock. */
  readonly nowMs: number
  readonly random: () => number
}

/** Who is asked, in which order, and why. Pure. */
export function makePlan({ request }: PlanInput, config: Config, context: PlanContext): Result<Plan, PlanProblem> {
  const matched = matchModel(request.model, config)
  if (matched === undefined) return err(unknownModel(request.model, config))
  const judged = matched.targets.map((target) => ({ target, health: context.snapshot.of(target.id) }))
  const excluded = judged.flatMap(({ target, health }) => exclusionOf(target, health, context.nowMs) ?? [])
  const out = new Set(excluded.map(({ target }) => target.id))
  const candidates = judged.filter(({ target }) => !out.has(target.id)).map(asCandidate)
  const strategy = findStrategy(matched.strategy)
  const steps: readonly Step[] = candidates.length > 0 ? (strategy?.order(candidates, context.random) ?? []) : leastBad(judged)
  return ok({ route: matched.route, strategy: matched.strategy, steps, excluded: candidates.length > 0 ? excluded : [] })
}

type Judged = { readonly target: Target; readonly health: TargetHealth }

function asCandidate({ target, health }: Judged): Candidate {
  const latencyMs = health.firstTokenMs?.p50 ?? health.latencyMs?.p50
  return {
    target,
    errorRatio: health.errorRatio,
    inFlight: health.inFlight,
    share: health.share,
    ...(latencyMs === undefined ? {} : { latencyMs }),
  }
}

function exclusionOf(target: Target, health: TargetHealth, nowMs: number): Exclusion | undefined {
  if (health.restingUntilMs !== undefined && health.breaker === 'closed') {
    return { target, kind: 'resting', reason: `rests for ${Math.ceil((health.restingUntilMs - nowMs) / 1000)} s more` }
  }
  return health.admit === 'refused' ? { target, kind: 'breaker_open', reason: 'its breaker is open' } : undefined
}

/** When nothing is healthy, the least bad is tried rather than nobody. */
function leastBad(judged: readonly Judged[]): readonly Step[] {
  return [...judged]
    .sort((a, b) => (a.health.restingUntilMs ?? 0) - (b.health.restingUntilMs ?? 0) || a.health.errorRatio - b.health.errorRatio)
    .map(({ target }) => ({ target, reason: 'not healthy, but nothing better is left' }))
}

function unknownModel(name: string, config: Config): PlanProblem {
  const names = config.models.map((model) => model.name)
  const slash = name.indexOf('/')
  const provider = slash > 0 ? ` and no provider ${JSON.stringify(name.slice(0, slash))}` : ''
  return {
    code: 'model_not_found',
    message: `there is no model ${JSON.stringify(name)}${provider}; models: ${names.join(', ')}`,
    excluded: [],
  }
}
