import type { Target } from '#canonical/plan.ts'
import type { Provider } from '#provider/provider.ts'
import type { BreakerConfig, RetryConfig, TimeoutsConfig } from './schema/resilience.ts'
import type { RoutingFileData } from './schema/routing-file.ts'
import type { Secret } from './secrets.ts'

/** The routing file, checked, with every default filled in: durations in milliseconds, shares as 0–1, sizes in bytes. */
export type Config = {
  readonly path: string
  readonly loadedAtMs: number
  /** Of the file's text, to tell versions apart. */
  readonly digest: string
  readonly listen: string
  readonly admin: string
  readonly providers: ReadonlyMap<string, ProviderConfig>
  readonly models: readonly ModelRoute[]
  readonly rules: readonly Rule[]
  readonly retry: RetryConfig
  readonly breaker: BreakerConfig
  readonly timeouts: TimeoutsConfig
  readonly stream: StreamConfig
  readonly health: Required<NonNullable<RoutingFileData['health']>>
  readonly limits: Required<NonNullable<RoutingFileData['limits']>>
  readonly log: Required<NonNullable<RoutingFileData['log']>>
}

export type ProviderConfig = {
  readonly name: string
  readonly type: Provider
  readonly baseUrl: string
  /** Empty for a provider that runs without a key. */
  readonly keys: readonly Secret[]
  readonly api?: string
  readonly headers: Readonly<Record<string, string>>
}

export type ModelRoute = {
  /** The key of `models`. */
  readonly name: string
  /** Whether the name has a `*`, whose match goes into the targets' `*`. */
  readonly wildcard: boolean
  readonly strategy: string
  readonly targets: readonly Target[]
}

export type Rule = NonNullable<RoutingFileData['rules']>[number]

export type StreamConfig = {
  readonly on_break: 'continue' | 'error'
  readonly hold: { readonly kind: 'first_token' } | { readonly kind: 'tokens'; readonly tokens: number }
}
