import { compact } from '#lib/json.ts'
import { buildAlerts } from './build-alerts.ts'
import { buildClients } from './build-clients.ts'
import type { BuildContext } from './build-context.ts'
import { buildModels } from './build-models.ts'
import { buildProviders } from './build-providers.ts'
import { optionalSecret } from './build-secret.ts'
import { checkAddresses } from './check-addresses.ts'
import { checkRules } from './check-rules.ts'
import { checkUnsupported } from './check-unsupported.ts'
import { checkWaits } from './check-waits.ts'
import type { Config, StateConfig } from './config.ts'
import type { Filled } from './schema/routing-file.ts'

/** Puts the blocks together and checks what reaches over several of them. */
export function buildConfig(data: Filled, context: BuildContext): Config {
  const { report } = context
  const providers = buildProviders(data, context)
  const models = buildModels(data, providers, report)
  checkRules(data, report)
  checkAddresses(data, report)
  checkWaits(data, report)
  checkUnsupported(data, report)
  const { listen, admin, rules, retry, breaker, timeouts, stream, media, hedge, health, cache, limits, telemetry, log, reload } =
    data
  return compact({
    path: context.file,
    loadedAtMs: context.nowMs,
    digest: context.digest,
    filledDigest: context.filledDigest,
    files: context.files,
    listen,
    admin,
    providers,
    models,
    prices: context.prices?.listed,
    rules,
    retry,
    breaker,
    timeouts,
    stream,
    media,
    hedge,
    health,
    alerts: buildAlerts(data, context),
    cache,
    clients: buildClients(data, context),
    state: buildState(data, context),
    limits,
    telemetry,
    log,
    reload,
  })
}

function buildState({ state }: Filled, context: BuildContext): StateConfig {
  const { redis: text, ...rest } = state
  const redis = optionalSecret(text, ['state', 'redis'], context)
  if (redis === undefined) return rest
  const urls = redis.reveal().split(',')
  if (urls.some((url) => !/^rediss?:\/\//.test(url.trim()) || !URL.canParse(url.trim()))) {
    context.report(['state', 'redis'], 'state.redis must be a URL that begins with redis:// or rediss://')
  }
  if (urls.length > 1 && state.mode === 'single') {
    context.report(['state', 'redis'], 'several URLs need mode: cluster or mode: sentinel')
  }
  return { ...rest, redis }
}
