import { type Need, needsOf } from '#canonical/needs.ts'
import type { Exclusion, ExclusionKind, Hints, Plan, PlanInput, PlanProblem } from '#canonical/plan.ts'
import type { Config } from '#config/config.ts'
import { err, ok, type Result } from '#lib/result.ts'
import { estimateInput } from '#pricing/estimate-tokens.ts'
import { hardExclusion, healthExclusion, type Limits } from './exclude.ts'
import { type Judged, judge } from './judge.ts'
import { type Matched, matchModel } from './match.ts'
import { type BodyWishes, readWishes } from './openrouter-fields.ts'
import { leastBad, order } from './order.ts'
import type { PlanContext } from './plan-context.ts'
import { type FittingRule, fittingRule, type RuleFacts } from './rules.ts'

/** Who is asked, in which order, and why. Pure: the same inputs and random numbers give the same plan. */
export function makePlan(input: PlanInput, config: Config, context: PlanContext): Result<Plan, PlanProblem> {
  const { request } = input
  const asked = look(input, context)
  const found = fittingRule(config.rules, asked)
  const wishes = readWishes(request)
  if (wishes.unknown.length > 0) return err(unknownFields(wishes.unknown))
  // What a rule puts in the model's place is not widened again by the body.
  const names = found?.rule.use === undefined ? [request.model, ...wishes.models] : [found.rule.use]
  const matched = matchAll(names, config)
  if (matched === undefined) return err(unknownModel(request.model, config))

  const strategy = wishes.sort === 'price' ? 'cost' : (wishes.sort ?? found?.rule.strategy ?? matched.strategy)
  const sorted = sortOut({ input, config, context, asked, found, wishes, matched, strategy })
  if (sorted.able.length === 0) return err(nobodyAble(matched.route, sorted.excluded))
  const { healthy } = sorted
  const { random } = context
  const steps = healthy.length > 0 ? order(healthy, { input, matched, strategy, wishes, random }) : leastBad(sorted.able)
  return ok({
    route: matched.route,
    strategy,
    steps: wishes.allowFallbacks ? steps : steps.slice(0, 1),
    excluded: healthy.length > 0 ? [...sorted.excluded, ...sorted.resting] : sorted.excluded,
    ...baselineOf(found?.rule.use === undefined ? matched : (matchModel(request.model, config) ?? matched)),
    ...(found === undefined ? {} : { rule: found.index }),
    ...(wishes.requireParameters ? { requireAll: true } : {}),
  })
}

/** What a request is, each looked up once at most. */
function look({ request, hints }: PlanInput, { wallNowMs }: PlanContext): RuleFacts {
  let tokens: number | undefined
  let needs: ReadonlySet<Need> | undefined
  return {
    model: request.model,
    hints,
    wallNowMs,
    inputTokens() {
      tokens ??= estimateInput(request)
      return tokens
    },
    needs() {
      needs ??= needsOf(request)
      return needs
    },
  }
}

type Sorting = {
  readonly input: PlanInput
  readonly config: Config
  readonly context: PlanContext
  readonly asked: RuleFacts
  readonly found: FittingRule | undefined
  readonly wishes: BodyWishes
  readonly matched: Matched
  readonly strategy: string
}

type Sorted = {
  /** Targets that can take the request, and of them those that may be asked now. */
  readonly able: readonly Judged[]
  readonly healthy: readonly Judged[]
  /** Who cannot take it, and who could but is not well. */
  readonly excluded: readonly Exclusion[]
  readonly resting: readonly Exclusion[]
}

function sortOut({ input, config, context, asked, found, wishes, matched, strategy }: Sorting): Sorted {
  const judged = judge(input.request, matched.targets, {
    config,
    context,
    inputTokens: asked.inputTokens(),
    needs: asked.needs(),
    cached: matched.model?.affinity === 'prefix' || strategy === 'cost',
    onlyAt: wishes.onlyAt,
  })
  const limits = limitsOf(found, matched, wishes, input.hints)
  const excluded: Exclusion[] = []
  const resting: Exclusion[] = []
  const able = judged.filter(({ target, facts }) => keep(hardExclusion(target, facts, limits), excluded))
  const healthy = able.filter(({ target, facts }) => keep(healthExclusion(target, facts), resting))
  return { able, healthy, excluded, resting }
}

/** Where the request would have gone without rules and strategies. */
function baselineOf({ targets: [baseline] }: Matched): Pick<Plan, 'baseline'> {
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

function limitsOf(found: FittingRule | undefined, { model }: Matched, wishes: BodyWishes, hints: Hints): Limits {
  const rule = found?.rule
  return {
    only: inBoth(rule?.only, wishes.only),
    ignore: [...(rule?.ignore ?? []), ...wishes.ignore],
    maxPrice: lowest(model?.max_price, rule?.max_price, wishes.maxPrice),
    maxCostUsd: hints.maxCostUsd,
  }
}

/** What a rule allows a client can narrow, not widen. */
function inBoth(one: readonly string[] | undefined, other: readonly string[] | undefined): readonly string[] | undefined {
  return one === undefined || other === undefined ? (one ?? other) : one.filter((name) => other.includes(name))
}

/** Each limit holds, whoever set it. */
function lowest(...limits: readonly (Limits['maxPrice'] | undefined)[]): Limits['maxPrice'] {
  const least = (of: 'input' | 'output'): number => Math.min(...limits.map((limit) => limit?.[of] ?? Number.POSITIVE_INFINITY))
  const [input, output] = [least('input'), least('output')]
  return { ...(Number.isFinite(input) ? { input } : {}), ...(Number.isFinite(output) ? { output } : {}) }
}

function unknownFields(fields: readonly string[]): PlanProblem {
  const names = fields.map((field) => `provider.${field}`).join(', ')
  return { code: 'unknown_provider_field', message: `${names}: no such field is known`, excluded: [] }
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
