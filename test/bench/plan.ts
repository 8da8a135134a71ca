/**
 * What planning costs: one request against a model of 10 targets and 20 rules, by strategy. The last rule fits, so that all
 * are looked at. In processor time of this thread, so that neighbours on the machine count less. Usage: make bench-plan [ARGS=cost]
 */
import type { Config } from '#config/config.ts'
import { loadText } from '#config/load.ts'
import { createHealth } from '#health/registry.ts'
import { createPrices } from '#pricing/catalogue.ts'
import { makePlan } from '#routing/plan.ts'
import type { PlanContext } from '#routing/plan-context.ts'
import { inputOfShape } from '#routing/shape.ts'
import { strategyNames } from '#strategy/registry.ts'

const targetCount = 10
const ruleCount = 20
const roundSize = 5_000
const rounds = 40
const models = [
  'gpt-4.1',
  'gpt-4.1-mini',
  'gpt-4o',
  'gpt-4o-mini',
  'o4-mini',
  'gpt-5.6',
  'gpt-5',
  'gpt-5-mini',
  'o3',
  'gpt-4.1-nano',
]
const rules = Array.from({ length: ruleCount }, (_, at) =>
  at === ruleCount - 1
    ? '  - { when: { model: m, tag: { team: last } }, max_price: { input: 1000 } }'
    : `  - { when: { tier: t${at}, header: { X-Team: team-${at} }, tag: { app: app-${at} } }, use: m }`,
)
const file = (strategy: string): string => `version: 1
providers: { openai: { api_key: k }, gemini: { api_key: k } }
models:
  m: { strategy: ${strategy}, targets: [${models.map((model) => `openai/${model}`).join(', ')}] }
rules:
${rules.join('\n')}
`

const wanted = process.argv.slice(2)
for (const strategy of strategyNames.filter((name) => wanted.length === 0 || wanted.includes(name))) {
  const loaded = loadText(file(strategy), { path: 'routing.yaml' })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error))
  const { config } = loaded.value
  console.log(
    `${strategy.padEnd(11)} ${(await microseconds(config)).toFixed(2)} µs a plan (${targetCount} targets, ${ruleCount} rules)`,
  )
}

async function microseconds(config: Config): Promise<number> {
  const health = createHealth(config, { random: Math.random })
  const prices = createPrices(() => config)
  await prices.load()
  for (const [at, model] of models.entries()) answerAt(health, model, 100 + 10 * at)
  const input = inputOfShape({ model: 'm', inputTokens: 500, tags: ['team=last'] })
  const plan = (): void => {
    const nowMs = performance.now()
    const context: PlanContext = {
      snapshot: health.snapshot(nowMs),
      nowMs,
      wallNowMs: 1_760_000_000_000,
      random: Math.random,
      offerOf: prices.offerOf,
    }
    const made = makePlan(input, config, context)
    if (!made.ok || made.value.steps.length !== targetCount) throw new Error('the plan is not the one to be measured')
  }
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) {
    const before = process.threadCpuUsage()
    for (let count = 0; count < roundSize; count++) plan()
    const { user, system } = process.threadCpuUsage(before)
    // What disturbs a measurement only ever adds to it.
    best = Math.min(best, (user + system) / roundSize)
  }
  return best
}

function answerAt(health: ReturnType<typeof createHealth>, model: string, firstTokenMs: number): void {
  const target = { id: `openai/${model}` as const, provider: 'openai', model, dialect: 'openai-chat' as const, weight: 1 }
  for (let count = 0; count < 100; count++)
    health.observe({
      kind: 'attempt_ended',
      requestId: 'r',
      route: 'm',
      target,
      keyIndex: 0,
      outcome: 'ok',
      durationMs: firstTokenMs + 500,
      firstTokenMs,
      usage: { input: 500, output: 100, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
      atMs: performance.now(),
    })
}
