import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Plan, PlanProblem } from '#canonical/plan.ts'
import type { Config } from '#config/config.ts'
import { loadText } from '#config/load.ts'
import type { TargetHealth } from '#health/snapshot.ts'
import type { Result } from '#lib/result.ts'
import { makePlan } from '#routing/plan.ts'
import { inputOfShape } from '#routing/shape.ts'
import { strategyNames } from '#strategy/registry.ts'

/** What must hold of every plan, over random files, requests and states of health. */
const providers = ['anthropic', 'openai', 'gemini', 'deepseek'] as const

const target = fc.record({
  provider: fc.constantFrom(...providers),
  input: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }),
  context: fc.option(fc.integer({ min: 100, max: 5000 }), { nil: undefined }),
  weight: fc.integer({ min: 0, max: 9 }),
  lacks: fc.subarray(['tools', 'vision'] as const),
})
const health = fc.record({
  state: fc.constantFrom('closed', 'open', 'resting', 'trial'),
  errorRatio: fc.double({ min: 0, max: 1, noNaN: true }),
  samples: fc.nat(100),
  inFlight: fc.nat(20),
  share: fc.constantFrom(1, 1, 0.25),
})
const world = fc.record({
  targets: fc.array(target, { minLength: 1, maxLength: 8 }),
  health: fc.array(health, { minLength: 8, maxLength: 8 }),
  strategy: fc.constantFrom(...strategyNames),
  only: fc.option(fc.subarray([...providers], { minLength: 1 }), { nil: undefined }),
  ignore: fc.subarray([...providers], { maxLength: 3 }),
  maxInput: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }),
  needs: fc.subarray(['tools', 'vision']),
  inputTokens: fc.integer({ min: 1, max: 6000 }),
  maxCostUsd: fc.option(fc.double({ min: 1e-6, max: 0.2, noNaN: true }), { nil: undefined }),
  chance: fc.double({ min: 0, max: 0.999, noNaN: true }),
})
type World = typeof world extends fc.Arbitrary<infer Value> ? Value : never

function fileOf({ targets, strategy, only, ignore, maxInput }: World): string {
  const lines = targets.map(({ provider, input, context, weight, lacks }, at) => {
    const price = input === undefined ? '' : `, price: { input: ${input}, output: ${2 * input} }`
    const size = context === undefined ? '' : `, context: ${context}`
    const without = lacks.length === 0 ? '' : `, lacks: [${lacks.join(', ')}]`
    return `      - { target: ${provider}/m${at}, weight: ${weight}${price}${size}${without} }`
  })
  const effects = [
    'when: { model: m }',
    ...(only === undefined ? [] : [`only: [${only.join(', ')}]`]),
    ...(ignore.length === 0 ? [] : [`ignore: [${ignore.join(', ')}]`]),
    ...(maxInput === undefined ? [] : [`max_price: { input: ${maxInput} }`]),
  ]
  return [
    'version: 1',
    `providers: { ${providers.map((name) => `${name}: { api_key: k }`).join(', ')} }`,
    `models:\n  m:\n    strategy: ${strategy}\n    targets:\n${lines.join('\n')}`,
    effects.length > 1 ? `rules:\n  - { ${effects.join(', ')} }` : '',
  ].join('\n')
}

function healthOf(given: World, id: string): TargetHealth {
  const at = Number(id.slice(id.lastIndexOf('m') + 1))
  const { state, ...rest } = given.health[at] ?? { state: 'closed', errorRatio: 0, samples: 0, inFlight: 0, share: 1 }
  switch (state) {
    case 'open':
      return { ...rest, admit: 'refused', breaker: 'open', restingUntilMs: 100 }
    case 'resting':
      return { ...rest, admit: 'refused', breaker: 'closed', restingUntilMs: 100 }
    case 'trial':
      return { ...rest, admit: 'trial', breaker: 'half_open' }
    default:
      return { ...rest, admit: 'normal', breaker: 'closed' }
  }
}

function configOf(given: World): Config {
  const loaded = loadText(fileOf(given), { path: 'routing.yaml' })
  assert.ok(loaded.ok, loaded.ok ? '' : JSON.stringify(loaded.error))
  return loaded.value.config
}

function planOf(given: World, config = configOf(given), random = () => given.chance): Result<Plan, PlanProblem> {
  const { inputTokens, needs, maxCostUsd } = given
  const input = inputOfShape({
    model: 'm',
    inputTokens,
    needs,
    outputTokens: 100,
    ...(maxCostUsd === undefined ? {} : { maxCostUsd }),
  })
  return makePlan(input, config, {
    snapshot: { of: (id) => healthOf(given, id) },
    nowMs: 0,
    wallNowMs: 0,
    random,
    offerOf: ({ price, context }) => ({ price, context }),
  })
}

const idsOf = ({ targets }: World): readonly string[] => targets.map(({ provider }, at) => `${provider}/m${at}`)

test('plans: every target is in the plan, or left out with its reason, and none twice', () => {
  fc.assert(
    fc.property(world, (given) => {
      const planned = planOf(given)
      const named = planned.ok
        ? [...planned.value.steps.map((step) => step.target.id), ...planned.value.excluded.map((out) => out.target.id)]
        : planned.error.excluded.map((out) => out.target.id)
      assert.deepEqual([...named].sort(), [...idsOf(given)].sort())
      const reasons = planned.ok ? [...planned.value.steps, ...planned.value.excluded] : planned.error.excluded
      for (const { reason } of reasons) assert.notEqual(reason, '')
    }),
    { numRuns: 300 },
  )
})

test('plans: nobody is asked whom a rule, a price, the window or an ability leaves out', () => {
  fc.assert(
    fc.property(world, (given) => {
      const planned = planOf(given)
      if (!planned.ok) return
      const { only, ignore, maxInput, needs, targets, maxCostUsd } = given
      for (const { target: asked, estimatedUsd } of [...planned.value.steps, ...(planned.value.spares ?? [])]) {
        const { input, context, lacks } = targets[idsOf(given).indexOf(asked.id)] ?? { input: 0, context: 0, lacks: [] }
        assert.ok(only === undefined || only.some((name) => name === asked.provider))
        assert.ok(!ignore.some((name) => name === asked.provider))
        assert.ok(maxInput === undefined || (input !== undefined && input <= maxInput))
        assert.ok(context === undefined || context >= given.inputTokens * 0.99)
        assert.ok(!lacks.some((lack) => needs.includes(lack)))
        assert.ok(maxCostUsd === undefined || input !== undefined)
        if (maxCostUsd !== undefined && estimatedUsd !== undefined) assert.ok(estimatedUsd <= maxCostUsd)
      }
    }),
    { numRuns: 300 },
  )
})

test('plans: who is not well is asked last of all, and only where nobody is well', () => {
  fc.assert(
    fc.property(world, (given) => {
      const planned = planOf(given)
      if (!planned.ok) return
      const { steps, spares = [] } = planned.value
      const isWell = (id: string): boolean => healthOf(given, id).admit !== 'refused'
      const well = steps.filter((step) => isWell(step.target.id))
      assert.ok(well.length === steps.length || well.length === 0)
      assert.ok(spares.every((step) => !isWell(step.target.id)))
    }),
    { numRuns: 300 },
  )
})

test('plans: by cost they are sorted, what has no price last', () => {
  fc.assert(
    fc.property(world, (given) => {
      const planned = planOf({ ...given, strategy: 'cost', health: given.health.map((each) => ({ ...each, state: 'closed' })) })
      if (!planned.ok) return
      const costs = planned.value.steps.map(({ estimatedUsd }) => estimatedUsd ?? Number.POSITIVE_INFINITY)
      assert.deepEqual(
        costs,
        costs.toSorted((a, b) => a - b),
      )
    }),
    { numRuns: 300 },
  )
})

test('plans: by weight the shares of the first place are the weights', () => {
  const sample = fc.sample(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 5 }), { numRuns: 3, seed: 7 })
  for (const weights of sample) {
    let state = 5
    const random = (): number => {
      state = (state * 48_271) % 2_147_483_647
      return state / 2_147_483_647
    }
    const counts = weights.map(() => 0)
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    const draws = 1500
    const given: World = {
      targets: weights.map((weight) => ({ provider: 'openai', input: 1, context: undefined, weight, lacks: [] })),
      health: [],
      strategy: 'weighted',
      only: undefined,
      ignore: [],
      maxInput: undefined,
      needs: [],
      inputTokens: 10,
      maxCostUsd: undefined,
      chance: 0,
    }
    const config = configOf(given)
    for (let draw = 0; draw < draws; draw++) {
      const planned = planOf(given, config, random)
      assert.ok(planned.ok)
      const at = idsOf(given).indexOf(planned.value.steps[0]?.target.id ?? '')
      counts[at] = (counts[at] ?? 0) + 1
    }
    for (const [at, weight] of weights.entries()) {
      const share = weight / total
      // Four standard deviations of a draw.
      const bound = 4 * Math.sqrt((share * (1 - share)) / draws)
      assert.ok(Math.abs((counts[at] ?? 0) / draws - share) < bound, `${weights}: ${counts}`)
    }
  }
})
