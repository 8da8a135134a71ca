import type { Exclusion, ExclusionKind, Hints, Plan, PlanInput, PlanProblem, Price, Step, Target } from '#canonical/plan.ts'
import type { Request } from '#canonical/request.ts'
import type { Config } from '#config/config.ts'
import type { Snapshot } from '#health/snapshot.ts'
import { err, ok, type Result } from '#lib/result.ts'
import { estimateInput, estimateOutput } from '#pricing/estimate-tokens.ts'
import { costOf } from '#pricing/price.ts'
import { findStrategy } from '#strategy/registry.ts'
import type { Candidate } from '#strategy/strategy.ts'
import { type Facts, hardExclusion, healthExclusion, type Limits } from './exclude.ts'
import { type Matched, matchModel } from './match.ts'
import { type BodyWishes, readWishes } from './openrouter-fields.ts'
import { type FittingRule, fittingRule } from './rules.ts'

/** What a plan depends on besides request and file. */
export type PlanContext = {
  readonly snapshot: Snapshot
  /** By the monotonic clock. */
  readonly nowMs: number
  readonly random: () => number
  readonly rates: (target: Target) => Price | undefined
  /** Context window in tokens, where known. */
  readonly contextOf: (target: Target) => number | undefined
}

type Judged = { readonly target: Target; readonly facts: Facts }

/** Who is asked, in which order, and why. Pure: the same inputs and random numbers give the same plan. */
export function makePlan(input: PlanInput, config: Config, context: PlanContext): Result<Plan, PlanProblem> {
  const { request, hints } = input
  const found = fittingRule(config.rules, request.model, hints)
  const wishes = readWishes(request)
  const matched = matchAll([found?.rule.use ?? request.model, ...wishes.models], config)
  if (matched === undefined) return err(unknownModel(request.model, config))

  const judged = judge(request, matched.targets, config, context)
  const limits = limitsOf(found, wishes, hints)
  const excluded: Exclusion[] = []
  const able = judged.filter(({ target, facts }) => keep(hardExclusion(target, facts, limits), excluded))
  if (able.length === 0) return err(nobodyAble(matched.route, excluded))

  const resting: Exclusion[] = []
  const healthy = able.filter(({ target, facts }) => keep(healthExclusion(target, facts), resting))
  const strategy = wishes.sort === 'price' ? 'cost' : (wishes.sort ?? found?.rule.strategy ?? matched.strategy)
  const steps = healthy.length > 0 ? order(healthy, strategy, wishes, context) : leastBad(able)
  return ok({
    route: matched.route,
    strategy,
    steps: wishes.allowFallbacks ? steps : steps.slice(0, 1),
    excluded: healthy.length > 0 ? [...excluded, ...resting] : excluded,
    ...baselineOf(request.model, matched, config),
    ...(found === undefined ? {} : { rule: found.index }),
  })
}

/** Where the request would have gone without rules and strategies. */
function baselineOf(asked: string, matched: Matched, config: Config): Pick<Plan, 'baseline'> {
  const [baseline] = (matchModel(asked, config) ?? matched).targets
  return baseline === undefined ? {} : { baseline }
}

function keep(exclusion: Exclusion | undefined, into: Exclusion[]): boolean {
  if (exclusion !== undefined) into.push(exclusion)
  return exclusion === undefined
}

/** The first name leads; further names (`models` in the body) add their targets behind. */
function matchAll(names: readonly string[], config: Config): Matched | undefined {
  const all = names.flatMap((name) => matchModel(name, config) ?? [])
  const [first] = all
  if (first === undefined) return undefined
  const targets = new Map(all.flatMap(({ targets }) => targets).map((target) => [target.id, target]))
  return { ...first, targets: [...targets.values()] }
}

function judge(request: Request, targets: readonly Target[], config: Config, context: PlanContext): readonly Judged[] {
  const inputTokens = estimateInput(request)
  const usage = { input: inputTokens, output: estimateOutput(request), cacheRead: 0, cacheWrite: 0, reasoning: 0 }
  const wantsImages = request.messages.some(({ parts }) => parts.some((part) => part.kind === 'image'))
  return targets.map((target) => {
    const takesImages = config.providers.get(target.provider)?.type.quirksOf(target.model).chat?.images !== false
    const price = context.rates(target)
    const estimatedUsd = price === undefined ? undefined : costOf(price, usage)
    return {
      target,
      facts: {
        health: context.snapshot.of(target.id),
        price,
        estimatedUsd,
        context: context.contextOf(target),
        inputTokens,
        takesImages,
        wantsImages,
        nowMs: context.nowMs,
      },
    }
  })
}

function limitsOf(found: FittingRule | undefined, wishes: BodyWishes, hints: Hints): Limits {
  const rule = found?.rule
  return {
    only: wishes.only ?? rule?.only,
    ignore: [...(rule?.ignore ?? []), ...wishes.ignore],
    maxPrice: { ...rule?.max_price, ...wishes.maxPrice },
    maxCostUsd: hints.maxCostUsd,
  }
}

function order(judged: readonly Judged[], strategy: string, wishes: BodyWishes, context: PlanContext): readonly Step[] {
  const ranked = findStrategy(strategy)?.order(judged.map(asCandidate), context.random) ?? []
  if (wishes.order.length === 0) return ranked
  const place = (step: Step): number => {
    const at = wishes.order.indexOf(step.target.provider)
    return at < 0 ? wishes.order.length : at
  }
  return [...ranked].sort((a, b) => place(a) - place(b))
}

function asCandidate({ target, facts }: Judged): Candidate {
  const { health, price, estimatedUsd } = facts
  const latencyMs = health.firstTokenMs?.p50 ?? health.latencyMs?.p50
  return {
    target,
    errorRatio: health.errorRatio,
    samples: health.samples,
    inFlight: health.inFlight,
    share: health.share,
    ...(price === undefined ? {} : { price }),
    ...(estimatedUsd === undefined ? {} : { estimatedUsd }),
    ...(latencyMs === undefined ? {} : { latencyMs }),
  }
}

/** When nothing is healthy, the least bad is tried rather than nobody. */
function leastBad(judged: readonly Judged[]): readonly Step[] {
  const until = ({ facts }: Judged): number => facts.health.restingUntilMs ?? 0
  return [...judged]
    .sort((a, b) => until(a) - until(b) || a.facts.health.errorRatio - b.facts.health.errorRatio)
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

const codeOf: Readonly<Partial<Record<ExclusionKind, PlanProblem['code']>>> = {
  price: 'no_target_within_max_cost',
  context: 'context_length_exceeded',
  capability: 'unsupported_by_target',
}

/** When all were left out for one reason, that reason is the error; else there is simply nobody. */
function nobodyAble(route: string, excluded: readonly Exclusion[]): PlanProblem {
  const kinds = new Set(excluded.map(({ kind }) => kind))
  const [only] = kinds
  const code = (kinds.size === 1 && only !== undefined ? codeOf[only] : undefined) ?? 'no_target_available'
  const why = excluded.map(({ target, reason }) => `${target.id}: ${reason}`).join('; ')
  return { code, message: `no target of ${route} can take this request (${why})`, excluded }
}
