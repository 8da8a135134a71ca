import { type Need, needsOf } from '#canonical/needs.ts'
import type { Exclusion, ExclusionKind, Hints, Plan, PlanInput, PlanProblem, Step, TargetId } from '#canonical/plan.ts'
import type { Request } from '#canonical/request.ts'
import type { Config } from '#config/config.ts'
import { err, ok, type Result } from '#lib/result.ts'
import { estimateInput } from '#pricing/estimate-tokens.ts'
import { hardExclusion, healthExclusion, type Limits } from './exclude.ts'
import { type Judged, judge } from './judge.ts'
import { keptIn } from './kept-in.ts'
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
  if (wishes.mistakes.length > 0) return err(mistaken(wishes.mistakes))
  // What a rule puts in the model's place is not widened again by the body.
  const names = found?.rule.use === undefined ? [request.model, ...wishes.models] : [found.rule.use]
  const matched = matchAll(names, config)
  if (matched === undefined) return err(unknownModel(request.model, config))

  const strategy = wishes.sort === 'price' ? 'cost' : (wishes.sort ?? found?.rule.strategy ?? matched.strategy)
  const sorted = sortOut({ input, config, context, asked, found, wishes, matched, strategy })
  if (sorted.able.length === 0) return err(nobodyAble(matched.route, sorted, input.hints))
  const { healthy, kept } = sorted
  const { random } = context
  const ordered = healthy.length > 0 ? order(healthy, { input, matched, strategy, wishes, random, kept }) : leastBad(sorted.able)
  const fitted = (steps: readonly Step[]): readonly Step[] =>
    found?.rule.lower_max_tokens === true ? shortened(steps, sorted.able, request) : steps
  const steps = fitted(ordered)
  const spares = sparesOf(sorted, wishes)
  return ok({
    route: matched.route,
    strategy,
    steps: wishes.allowFallbacks ? steps : steps.slice(0, 1),
    spares: spares.length === 0 ? undefined : fitted(spares),
    excluded: healthy.length > 0 ? [...sorted.excluded, ...sorted.resting] : sorted.excluded,
    // Where the request would have gone without rules and strategies.
    baseline: (found?.rule.use === undefined ? matched : (matchModel(request.model, config) ?? matched)).targets[0],
    rule: found?.index,
    requireAll: wishes.requireParameters,
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
  readonly judged: readonly Judged[]
  /** Targets that can take the request, and of them those that may be asked now. */
  readonly able: readonly Judged[]
  readonly healthy: readonly Judged[]
  /** Of these, those that are asked although their breakers are open. */
  readonly kept: ReadonlySet<TargetId>
  /** Of those that can, the others. */
  readonly unwell: readonly Judged[]
  /** Who cannot take it, and who could but is not well. */
  readonly excluded: readonly Exclusion[]
  readonly resting: readonly Exclusion[]
}

function sortOut({ input, config, context, asked, found, wishes, matched, strategy }: Sorting): Sorted {
  const judged = judge(input.request, matched.targets, {
    config,
    context,
    route: matched.route,
    maxCostUsd: input.hints.maxCostUsd,
    inputTokens: asked.inputTokens(),
    needs: asked.needs(),
    cached: matched.model?.affinity === 'prefix' || strategy === 'cost',
    onlyAt: wishes.onlyAt,
  })
  const limits = limitsOf(found, matched, wishes, input.hints)
  const [able, healthy, unwell]: [Judged[], Judged[], Judged[]] = [[], [], []]
  const [excluded, resting]: [Exclusion[], Exclusion[]] = [[], []]
  for (const one of judged) {
    const never = hardExclusion(one.target, one.facts, limits)
    if (never === undefined) able.push(one)
    else excluded.push(never)
  }
  const kept = keptIn(able, config.breaker.max_ejected)
  for (const one of able) {
    const notNow = kept.has(one.target.id) ? undefined : healthExclusion(one.target, one.facts)
    if (notNow === undefined) healthy.push(one)
    else {
      resting.push(notNow)
      unwell.push(one)
    }
  }
  return { judged, able, healthy, kept, unwell, excluded, resting }
}

/** When nobody is well, those who are not are the plan itself. */
function sparesOf({ healthy, unwell }: Sorted, { allowFallbacks }: BodyWishes): readonly Step[] {
  return healthy.length > 0 && unwell.length > 0 && allowFallbacks ? leastBad(unwell) : []
}

/** The first name leads; further names (`models` in the body) add their targets behind. */
function matchAll(names: readonly string[], config: Config): Matched | undefined {
  const [only] = names
  if (names.length === 1 && only !== undefined) return matchModel(only, config)
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
    ignore: rule?.ignore === undefined ? wishes.ignore : [...rule.ignore, ...wishes.ignore],
    maxPrice: lowest(model?.max_price, rule?.max_price, wishes.maxPrice),
    maxCostUsd: hints.maxCostUsd,
    lowerMaxTokens: rule?.lower_max_tokens === true,
  }
}

/** What a rule allows a client can narrow, not widen. */
function inBoth(one: readonly string[] | undefined, other: readonly string[] | undefined): readonly string[] | undefined {
  return one === undefined || other === undefined ? (one ?? other) : one.filter((name) => other.includes(name))
}

/** Each limit holds, whoever set it. */
function lowest(...limits: readonly (Limits['maxPrice'] | undefined)[]): Limits['maxPrice'] {
  let input: number | undefined
  let output: number | undefined
  for (const limit of limits) {
    if (limit?.input !== undefined) input = Math.min(input ?? limit.input, limit.input)
    if (limit?.output !== undefined) output = Math.min(output ?? limit.output, limit.output)
  }
  return { input, output }
}

function mistaken(mistakes: readonly string[]): PlanProblem {
  return { code: 'unknown_provider_field', message: mistakes.join('; '), excluded: [] }
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
  context: 'context_length_exceeded',
  capability: 'unsupported_by_target',
}

/** When all were left out for one reason, that reason is the error; else there is simply nobody. */
function nobodyAble(route: string, { excluded, judged }: Sorted, { maxCostUsd }: Hints): PlanProblem {
  const why = excluded.map(({ target, reason }) => `${target.id}: ${reason}`).join('; ')
  // Who is left out for its price would do otherwise: whoever pays more is served.
  const dear = new Set(excluded.flatMap(({ target, kind }) => (kind === 'price' ? [target.id] : [])))
  if (dear.size > 0) {
    const limit = maxCostUsd === undefined ? 'the prices allowed' : `${maxCostUsd} USD`
    const cheapest = cheapestOf(judged.filter(({ target }) => dear.has(target.id)))
    return {
      code: 'no_target_within_max_cost',
      message: `no target of ${route} can take this request within ${limit}${cheapest} (${why})`,
      excluded,
    }
  }
  const kinds = new Set(excluded.map(({ kind }) => kind))
  const [only] = kinds
  const code = (kinds.size === 1 && only !== undefined ? codeOf[only] : undefined) ?? 'no_target_available'
  return { code, message: `no target of ${route} can take this request (${why})`, excluded }
}

function cheapestOf(judged: readonly Judged[]): string {
  const priced = judged.flatMap(({ target, facts }) =>
    facts.estimatedUsd === undefined ? [] : [{ id: target.id, usd: facts.estimatedUsd }],
  )
  const [cheapest] = priced.sort((left, right) => left.usd - right.usd)
  return cheapest === undefined ? '' : `; the cheapest, ${cheapest.id}, would cost about ${cheapest.usd.toFixed(6)} USD`
}

/** Steps whose answer would cost too much are asked for a shorter one. */
function shortened(steps: readonly Step[], judged: readonly Judged[], { params }: Request): readonly Step[] {
  const affordable = new Map(judged.map(({ target, facts }) => [target.id, facts.affordable]))
  return steps.map((step) => {
    const most = affordable.get(step.target.id) ?? Number.POSITIVE_INFINITY
    return most < (params.maxOutput ?? Number.POSITIVE_INFINITY) ? { ...step, maxOutput: most } : step
  })
}
