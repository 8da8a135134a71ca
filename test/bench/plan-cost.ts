import type { Target } from '#canonical/plan.ts'
import type { Config } from '#config/config.ts'
import { loadText } from '#config/load.ts'
import { createHealth } from '#health/registry.ts'
import { createPrices } from '#pricing/catalogue.ts'
import { makePlan } from '#routing/plan.ts'
import type { PlanContext } from '#routing/plan-context.ts'
import { inputOfShape } from '#routing/shape.ts'

const roundSize = 5_000
const rounds = 40

/** The configuration in this text. Throws when it has problems. */
export function configOf(routing: string): Config {
  const loaded = loadText(routing, { path: 'routing.yaml' })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error.slice(0, 3)))
  return loaded.value.config
}

/**
 * Microseconds of this thread's CPU for the plan of a request to this model, all of whose targets have answered a hundred
 * times: the best of many rounds.
 */
export async function planMicroseconds(config: Config, model: string, tags: readonly string[] = []): Promise<number> {
  const health = createHealth(config, { random: Math.random })
  const prices = createPrices(() => config)
  await prices.load()
  const targets = config.models.find(({ name }) => name === model)?.targets ?? []
  for (const [at, target] of targets.entries()) answerAt(health, target, 100 + 10 * at)
  const input = inputOfShape({ model, inputTokens: 500, tags })
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
    if (!made.ok || made.value.steps.length !== targets.length) throw new Error('the plan is not the one to be measured')
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

function answerAt(health: ReturnType<typeof createHealth>, target: Target, firstTokenMs: number): void {
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
