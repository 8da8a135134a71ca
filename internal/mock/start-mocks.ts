import type { Dialect } from '#dialect/dialect.ts'
import { type FaultPlan, soundPlan } from './fault-plan.ts'
import { createMock, type Mock, type MockProviderOptions } from './mock.ts'

/** About as quick as a small model at a real provider, for somebody who watches: milliseconds. */
export const lifelikeLatency: FaultPlan['latency'] = { first_token: 50, chunk: 5 }

/** The three families that `outrigger demo` shows: names of the routing file, and the dialects each speaks. */
const families = [
  { name: 'anthropic', dialects: ['anthropic'] },
  { name: 'openai', dialects: ['openai-chat', 'openai-responses', 'openai-completions'] },
  { name: 'gemini', dialects: ['gemini'] },
] as const

/** The providers of the demo, each with the dialects of its family, on free ports of the loopback interface. */
export function demoProviders(dialects: readonly Dialect[]): readonly MockProviderOptions[] {
  return families.map(({ name, dialects: spoken }) => ({
    name,
    dialects: dialects.filter((dialect) => spoken.some((one) => one === dialect.name)),
  }))
}

/** Starts the three mock providers of the demo. @param plan what goes wrong; default nothing, at a lifelike speed */
export function startMocks(
  dialects: readonly Dialect[],
  plan: FaultPlan = { ...soundPlan, latency: lifelikeLatency },
): Promise<Mock> {
  return createMock({ providers: demoProviders(dialects), plan })
}
