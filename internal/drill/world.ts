import type { Observer } from '#canonical/observe.ts'
import type { Target } from '#canonical/plan.ts'
import type { Config } from '#config/config.ts'
import { dialects } from '#dialect/registry.ts'
import { createHealth } from '#health/registry.ts'
import type { Clock } from '#lib/clock.ts'
import type { FaultPlan } from '#mock/fault-plan.ts'
import { createMock, type Mock } from '#mock/mock.ts'
import type { Prices } from '#pricing/catalogue.ts'
import { estimateInput } from '#pricing/estimate-tokens.ts'
import type { RelayDeps } from '#relay/deps.ts'
import { createHedgeBudget } from '#relay/hedge-budget.ts'
import { createRetryBudget } from '#relay/retry-budget.ts'
import { createSignatureVault } from '#relay/signatures.ts'
import { makePlan } from '#routing/plan.ts'
import { createPools } from '#upstream/pools.ts'
import { mockedConfig, withMockedDialects } from './mocked-config.ts'

/** A relay that has seen nothing yet, and mocks in place of its providers. */
export type DrillWorld = { readonly deps: RelayDeps; readonly mock: Mock; readonly close: () => Promise<void> }

export type WorldOptions = {
  /** As in the user's file. */
  readonly config: Config
  readonly prices: Prices
  readonly clock: Clock
  readonly plan: FaultPlan
  /** Hears what the relay tells. */
  readonly observe: Observer
}

/** Opens a world of its own for each request, so that what one fault teaches the relay leaves the others alone. */
export async function openWorld({ config, prices, clock, plan, observe }: WorldOptions): Promise<DrillWorld> {
  const mockable = withMockedDialects(config)
  const providers = [...config.providers.values()].map(({ name }) => ({ name, dialects: dialectsOf(name, mockable) }))
  const mock = await createMock({ providers, plan })
  const urls = new Map(mock.providers.map(({ name, url }) => [name, url]))
  const mocked = mockedConfig(mockable, (name) => urls.get(name) ?? '')
  const health = createHealth(mocked, { random: Math.random })
  const pools = createPools({ connectTimeoutMs: mocked.timeouts.connect })
  const deps: RelayDeps = {
    config: () => mocked,
    plan: (input, current) =>
      makePlan(input, current, {
        snapshot: health.snapshot(clock.now()),
        nowMs: clock.now(),
        wallNowMs: Date.now(),
        random: Math.random,
        offerOf: prices.offerOf,
      }),
    pools,
    health,
    retryBudget: createRetryBudget(() => mocked.retry.budget),
    hedgeBudget: createHedgeBudget(() => mocked.hedge?.at_most ?? 0),
    signatures: createSignatureVault(clock.now),
    estimateInput,
    costOf: prices.cost,
    observers: [health.observe, observe],
    clock,
    nowSeconds: () => Math.floor(Date.now() / 1000),
    random: Math.random,
  }
  return {
    deps,
    mock,
    async close() {
      await Promise.all([pools.close(), mock.close()])
    },
  }
}

/** All of them, since a provider may speak several; first the one that its targets are spoken to in, for errors on strange paths. */
function dialectsOf(provider: string, { models }: Config): typeof dialects {
  const target: Target | undefined = models.flatMap(({ targets }) => targets).find((one) => one.provider === provider)
  const first = dialects.filter(({ name }) => name === target?.dialect)
  return [...first, ...dialects.filter((dialect) => !first.includes(dialect))]
}
