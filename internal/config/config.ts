import type { Target } from '#canonical/plan.ts'
import type { Authenticator, Provider, ProviderOptions } from '#provider/provider.ts'
import type { ListedPrice } from './price-file.ts'
import type { AlertConfig } from './schema/alerts.ts'
import type { BreakerConfig } from './schema/breaker.ts'
import type { CacheConfig } from './schema/cache.ts'
import type { BudgetConfig, ClientConfig, ClientKey } from './schema/clients.ts'
import type { GuardrailConfig, RedactConfig } from './schema/guardrails.ts'
import type { HealthConfig, ProbeConfig } from './schema/health.ts'
import type { HedgeConfig } from './schema/hedge.ts'
import type { GrantConfig, IssuerConfig } from './schema/jwt.ts'
import type { LimitsConfig } from './schema/limits.ts'
import type { LogConfig } from './schema/log.ts'
import type { MediaConfig } from './schema/media.ts'
import type { MaxPriceConfig } from './schema/models.ts'
import type { ProviderLimitsConfig } from './schema/providers.ts'
import type { ReloadConfig } from './schema/reload.ts'
import type { RetryConfig } from './schema/retry.ts'
import type { Rule, WhenConfig } from './schema/rules.ts'
import type { StateConfig } from './schema/state.ts'
import type { StreamConfig } from './schema/stream.ts'
import type { TelemetryConfig } from './schema/telemetry.ts'
import type { TimeoutsConfig } from './schema/timeouts.ts'
import type { UsageConfig, UsageHttpConfig } from './schema/usage.ts'
import type { Secret } from './secrets.ts'

export type {
  AlertConfig,
  BreakerConfig,
  BudgetConfig,
  CacheConfig,
  ClientConfig,
  ClientKey,
  GrantConfig,
  GuardrailConfig,
  HealthConfig,
  HedgeConfig,
  IssuerConfig,
  LimitsConfig,
  ListedPrice,
  LogConfig,
  MaxPriceConfig,
  MediaConfig,
  ProbeConfig,
  RedactConfig,
  ReloadConfig,
  RetryConfig,
  Rule,
  Secret,
  StateConfig,
  StreamConfig,
  TelemetryConfig,
  TimeoutsConfig,
  UsageConfig,
  UsageHttpConfig,
  WhenConfig,
}

/** The routing file, checked, with every default filled in: durations in milliseconds, shares as 0–1, sizes in bytes. */
export type Config = {
  readonly path: string
  readonly loadedAtMs: number
  /** Of the file's text, to tell versions apart. Worked out when it is first asked for, as the next one is. */
  readonly digest: () => string
  /** Of what `${…}` gave outside of secrets: it changes when the file does not but a file that it names does. */
  readonly filledDigest: () => string
  /** Files that `${file:…}` took values from; they are watched too. */
  readonly files: readonly string[]
  readonly listen: string
  readonly admin: string
  /** Names by which browsers may reach the operators' port, besides those that need not be told. */
  readonly admin_hosts: readonly string[]
  readonly providers: ReadonlyMap<string, ProviderConfig>
  readonly models: readonly ModelRoute[]
  /** What `prices.file` lists, by `provider/model`, in which a `*` stands for any characters. */
  readonly prices?: ReadonlyMap<string, ListedPrice>
  readonly rules: readonly Rule[]
  readonly retry: RetryConfig
  readonly breaker: BreakerConfig
  readonly timeouts: TimeoutsConfig
  readonly stream: StreamConfig
  readonly media: MediaConfig
  /** Left out: off. */
  readonly hedge?: HedgeConfig
  readonly health: HealthConfig
  readonly alerts: readonly AlertConfig[]
  /** Left out: off. */
  readonly cache?: CacheConfig
  /** Virtual keys. Empty, and no `jwt`: off, everybody may ask. */
  readonly clients: readonly ClientConfig[]
  /** Whose tokens are taken in place of virtual keys. */
  readonly jwt: readonly IssuerConfig[]
  /** Empty: nobody looks at what leaves and what comes back. */
  readonly guardrails: readonly GuardrailConfig[]
  /** Left out: records of requests go nowhere. */
  readonly usage?: UsageConfig
  readonly state: StateConfig
  readonly limits: LimitsConfig
  readonly telemetry: TelemetryConfig
  readonly log: LogConfig
  readonly reload: ReloadConfig
}

export type ProviderConfig = {
  readonly name: string
  readonly type: Provider
  readonly baseUrl: string
  /** Empty for a provider that runs without a key. */
  readonly keys: readonly Secret[]
  readonly api?: string
  /** The fields that only its type has. */
  readonly options: ProviderOptions
  /** For types whose keys do not prove by themselves who we are. It lives as long as this configuration. */
  readonly authenticator?: Authenticator
  /** Lower-case names. They may hold keys: never to be shown. */
  readonly headers: Readonly<Record<string, string>>
  /** Of its own, whole: what the entry leaves out is as in `timeouts` at the top. */
  readonly timeouts?: TimeoutsConfig
  /** Of its own, whole: what the entry leaves out is as in `health` at the top. */
  readonly health?: ProbeConfig
  readonly limits?: ProviderLimitsConfig
}

/** Where copies of a model's requests go. */
export type MirrorRoute = {
  readonly target: Target
  /** 0–1. */
  readonly share: number
  readonly max_concurrent: number
}

export type ModelRoute = {
  /** The key of `models`. */
  readonly name: string
  /** Whether the name has a `*`, whose match goes into the targets' `*`. */
  readonly wildcard: boolean
  readonly strategy: string
  readonly targets: readonly Target[]
  /** Targets above it are left out. */
  readonly max_price?: MaxPriceConfig
  /** Prefer the target that has the prompt's beginning in its cache. */
  readonly affinity?: 'prefix'
  /** `user`, `client` or a header's name: under `weighted` the same value leads to the same target. */
  readonly sticky?: string
  readonly mirror?: MirrorRoute
  /** What becomes of fields that a target cannot take; left out: by what they mean. */
  readonly unsupported?: 'drop' | 'error'
  /** Whether its answers are kept, where there is a cache. Default true. */
  readonly cache?: boolean
  /** Of its own, whole: what the entry leaves out is as in `retry` at the top. The same for the two below. */
  readonly retry?: RetryConfig
  readonly timeouts?: TimeoutsConfig
  readonly stream?: StreamConfig
}
