import { type StaticDecode, Type } from 'typebox'
import { type AlertEntry, Alerts } from './alerts.ts'
import { Breaker, type BreakerConfig } from './breaker.ts'
import { Cache, type CacheConfig } from './cache.ts'
import { type ClientEntry, Clients, ClientsFile } from './clients.ts'
import { type GuardrailEntry, Guardrails } from './guardrails.ts'
import { Health, type HealthConfig, type ProbeConfig } from './health.ts'
import { Hedge, type HedgeConfig } from './hedge.ts'
import { type IssuerEntry, Jwt } from './jwt.ts'
import { Limits, type LimitsConfig } from './limits.ts'
import { Log, type LogConfig } from './log.ts'
import { Media, type MediaConfig } from './media.ts'
import { type MirrorEntry, type ModelEntry, Models } from './models.ts'
import { Prices, type PricesConfig } from './prices.ts'
import { type ProviderEntry, Providers } from './providers.ts'
import { Reload, type ReloadConfig } from './reload.ts'
import { Retry, type RetryConfig } from './retry.ts'
import { type Rule, Rules } from './rules.ts'
import { State, type StateEntry } from './state.ts'
import { Stream, type StreamConfig } from './stream.ts'
import { Telemetry, type TelemetryConfig } from './telemetry.ts'
import { Timeouts, type TimeoutsConfig } from './timeouts.ts'
import { closed } from './units.ts'
import { Usage, type UsageEntry } from './usage.ts'

const Address = (fallback: string, description: string) =>
  Type.String({ default: fallback, expects: 'host:port, :port or unix:/path', description })

/** The whole file: one definition for validation, defaults, types, the JSON Schema and docs/configuration.md. */
export const RoutingFile = Type.Object(
  {
    version: Type.Literal(1, { expects: '1', description: 'The version of this format.' }),
    listen: Type.Optional(Address('127.0.0.1:7070', 'Address for clients: host:port, :port (all interfaces) or unix:/path.')),
    admin: Type.Optional(
      Address('127.0.0.1:7071', 'Address for operators: health, metrics, status. In a pod `:7071`, for the kubelet.'),
    ),
    admin_hosts: Type.Optional(
      Type.Array(Type.String({ pattern: '^[A-Za-z0-9.-]+$', expects: 'a host name without its port' }), {
        default: [],
        examples: [['relay.example.com']],
        description:
          'Names under which the operators’ port answers to browsers, besides addresses, names without a dot, and names that end in `.local`, `.internal` or `.svc`. Under others it gives health and metrics alone, so that no foreign page can reach it by DNS rebinding.',
      }),
    ),
    providers: Providers,
    models: Models,
    prices: Type.Optional(Prices),
    rules: Type.Optional(Rules),
    retry: Type.Optional(Retry),
    breaker: Type.Optional(Breaker),
    timeouts: Type.Optional(Timeouts),
    stream: Type.Optional(Stream),
    media: Type.Optional(Media),
    hedge: Type.Optional(Hedge),
    health: Type.Optional(Health),
    alerts: Type.Optional(Alerts),
    cache: Type.Optional(Cache),
    clients: Type.Optional(Clients),
    clients_file: Type.Optional(ClientsFile),
    jwt: Type.Optional(Jwt),
    guardrails: Type.Optional(Guardrails),
    usage: Type.Optional(Usage),
    state: Type.Optional(State),
    limits: Type.Optional(Limits),
    telemetry: Type.Optional(Telemetry),
    log: Type.Optional(Log),
    reload: Type.Optional(Reload),
  },
  { ...closed, description: 'The routing file of Outrigger.' },
)

export type RoutingFileData = StaticDecode<typeof RoutingFile>

/** An entry of `providers` with what it inherits. */
export type FilledProvider = Omit<ProviderEntry, 'timeouts' | 'health'> & {
  readonly timeouts?: TimeoutsConfig
  readonly health?: ProbeConfig
}

/** An entry of `models` with what it inherits. */
export type FilledModel = Omit<ModelEntry, 'mirror' | 'retry' | 'timeouts' | 'stream'> & {
  readonly mirror?: MirrorEntry
  readonly retry?: RetryConfig
  readonly timeouts?: TimeoutsConfig
  readonly stream?: StreamConfig
}

/** The blocks after defaults are filled in. */
type Blocks = {
  readonly providers: Readonly<Record<string, FilledProvider>>
  readonly models: Readonly<Record<string, FilledModel>>
  readonly listen: string
  readonly admin: string
  readonly admin_hosts: readonly string[]
  readonly prices?: PricesConfig
  readonly rules: readonly Rule[]
  readonly retry: RetryConfig
  readonly breaker: BreakerConfig
  readonly timeouts: TimeoutsConfig
  readonly stream: StreamConfig
  readonly media: MediaConfig
  readonly hedge?: HedgeConfig
  readonly health: HealthConfig
  readonly alerts: readonly AlertEntry[]
  readonly cache?: CacheConfig
  readonly clients: readonly ClientEntry[]
  readonly clients_file?: string
  readonly jwt: readonly IssuerEntry[]
  readonly guardrails: readonly GuardrailEntry[]
  readonly usage?: UsageEntry
  readonly state: StateEntry
  readonly limits: LimitsConfig
  readonly telemetry: TelemetryConfig
  readonly log: LogConfig
  readonly reload: ReloadConfig
}

/** The file's data after defaults are filled in: what has one is not missing, which the schema's type cannot say. */
export type Filled = Omit<RoutingFileData, keyof Blocks> & Blocks
