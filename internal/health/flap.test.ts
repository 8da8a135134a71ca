import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Target } from '#canonical/plan.ts'
import { createFakeClock } from '#lib/fake-clock.ts'
import { usualBreaker } from '../../test/support/health-config.ts'
import { createProber } from './prober.ts'
import { createHealth } from './registry.ts'

const target: Target = { id: 'a/one', provider: 'a', model: 'one', dialect: 'openai-chat', weight: 1 }
const defaults = {
  breaker: usualBreaker,
  health: { window: 100 },
  providers: new Map([['a', { keys: [{ reveal: () => 'k' }] }]]),
}

type Flap = {
  readonly downMs: number
  /** Between two requests of clients. */
  readonly everyMs: number
  /** What the list of models answers while completions fail. */
  readonly probeOk: boolean
  readonly seed: number
}

/** When the target answered again after its outage, and how many requests it failed during it. */
async function play({
  downMs,
  everyMs,
  probeOk,
  seed,
}: Flap): Promise<{ readonly backAfterMs: number; readonly failed: number }> {
  const clock = createFakeClock()
  let chance = seed
  const random = (): number => {
    chance = (chance * 16_807) % 2_147_483_647
    return chance / 2_147_483_647
  }
  const health = createHealth(defaults, { random, wallNowMs: () => 0 })
  const prober = createProber({
    clock,
    random,
    probe: async () =>
      probeOk || clock.now() >= downMs ? { ok: true, durationMs: 1 } : { ok: false, durationMs: 1, reason: 'HTTP 503' },
    isTroubled: health.isTroubled,
    lastAnswerMs: health.lastAnswerMs,
    onResult: (provider, result, { recovered }) => result.ok && health.probed(provider, { recovered }, clock.now()),
  })
  prober.watch(new Map([['a', 30_000]]))
  health.onTransition(({ to }) => to === 'open' && prober.hasten('a'))
  let failed = 0
  for (; clock.now() < downMs + 120_000; clock.advance(everyMs), await new Promise(setImmediate)) {
    const atMs = clock.now()
    if (health.admit(target, atMs) === 'refused') continue
    const ok = atMs >= downMs
    const about = { requestId: 'r', route: 'm', target, keyIndex: 0, atMs }
    health.observe({ kind: 'attempt_started', number: 1, ...about })
    const failure = { kind: 'overloaded', phase: 'headers', message: '' } as const
    health.observe({
      kind: 'attempt_ended',
      durationMs: 0,
      ...about,
      ...(ok ? { outcome: 'ok' } : { outcome: 'overloaded', failure }),
    })
    if (ok) return { backAfterMs: atMs - downMs, failed }
    failed++
  }
  return { backAfterMs: Number.POSITIVE_INFINITY, failed }
}

for (const probeOk of [true, false]) {
  test(`a target that flaps is used again within 30 s of its recovery; its probe ${probeOk ? 'sees nothing of it' : 'fails with it'}`, async () => {
    for (const downMs of [10_000, 60_000, 187_000, 900_000]) {
      for (const everyMs of [500, 4000]) {
        for (const seed of [1, 77, 4711]) {
          const { backAfterMs, failed } = await play({ downMs, everyMs, probeOk, seed })
          assert.ok(backAfterMs <= 30_000, `down ${downMs}, every ${everyMs}: back after ${backAfterMs}`)
          // Three open the breaker; then a trial in 20 s at most.
          assert.ok(failed <= 4 + downMs / 15_000, `down ${downMs}, every ${everyMs}: ${failed} failed`)
        }
      }
    }
  })
}
