import { dirname, resolve } from 'node:path'
import { compact } from '#lib/json.ts'
import { buildAlerts } from './build-alerts.ts'
import { buildClients } from './build-clients.ts'
import type { BuildContext } from './build-context.ts'
import { buildGuardrails } from './build-guardrails.ts'
import { buildJwt } from './build-jwt.ts'
import { buildModels } from './build-models.ts'
import { buildProviders } from './build-providers.ts'
import { optionalSecret } from './build-secret.ts'
import { buildUsage } from './build-usage.ts'
import { checkAddresses } from './check-addresses.ts'
import { checkCache } from './check-cache.ts'
import { checkRules } from './check-rules.ts'
import { checkWaits } from './check-waits.ts'
import type { Config, StateConfig } from './config.ts'
import type { Report } from './report.ts'
import type { Filled } from './schema/routing-file.ts'

/** Puts the blocks together and checks what reaches over several of them. */
export function buildConfig(data: Filled, context: BuildContext): Config {
  const { report } = context
  const providers = buildProviders(data, context)
  const models = buildModels(data, providers, report)
  const clients = buildClients(data, context)
  const clientNames = new Set(clients.map(({ name }) => name))
  checkRules(data, report, clientNames)
  checkAddresses(data, report)
  checkWaits(data, report)
  checkPlaces(data, report, context.processes)
  checkCache(data, models, report)
  const {
    listen,
    admin,
    admin_hosts,
    rules,
    retry,
    breaker,
    timeouts,
    stream,
    media,
    hedge,
    health,
    cache,
    limits,
    telemetry,
    log,
    reload,
  } = data
  return compact({
    path: context.file,
    loadedAtMs: context.nowMs,
    digest: context.digest,
    filledDigest: context.filledDigest,
    files: context.files,
    listen,
    admin,
    admin_hosts,
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
    clients,
    jwt: buildJwt(data, context, clientNames),
    guardrails: buildGuardrails(data, context, clientNames),
    usage: buildUsage(data, context),
    state: buildState(data, context),
    limits,
    telemetry,
    log,
    reload,
  })
}

/** A worker without a place would answer nobody, and each gets whole ones. */
function checkPlaces({ limits }: Filled, report: Report, processes: number): void {
  if (limits.max_concurrent >= processes) return
  const message = `limits.max_concurrent is ${limits.max_concurrent}, for ${processes} workers: each needs a place`
  report(['limits', 'max_concurrent'], message, { hint: 'raise it, or start fewer with --workers' })
}

function buildState({ state }: Filled, context: BuildContext): StateConfig {
  const { redis: text, ...rest } = state
  const redis = optionalSecret(text, ['state', 'redis'], context)
  if (redis === undefined) return rest
  const urls = redis.reveal().split(',')
  if (!urls.every((url) => isRedisUrl(url.trim()))) {
    const hint =
      'as in redis://user:password@host:6379/0; in a password `/` is written as %2F, `#` as %23, `@` as %40, `%` as %25'
    context.report(['state', 'redis'], 'state.redis must be a URL that begins with redis:// or rediss://', { hint })
  }
  if (urls.length > 1 && state.mode === 'single') {
    context.report(['state', 'redis'], 'several URLs need mode: cluster or mode: sentinel')
  }
  if (state.tls === undefined) return { ...rest, redis }
  if (urls.some((url) => !url.trim().startsWith('rediss://')))
    context.report(['state', 'tls'], 'state.tls needs URLs that begin with rediss://')
  return { ...rest, redis, tls: buildTls(state.tls, context) }
}

/** What the client of the server takes: it would throw at the start, with the URL in its words. */
function isRedisUrl(text: string): boolean {
  const url = /^rediss?:\/\//.test(text) ? URL.parse(text) : null
  if (url === null || url.hash !== '' || !/^\/?\d*$/.test(url.pathname)) return false
  return !/%(?![\da-f]{2})/i.test(url.username + url.password)
}

type Tls = NonNullable<StateConfig['tls']>

/** With paths from the folder of the routing file. */
function buildTls(tls: Tls, { file, report, sources }: BuildContext): Tls {
  const path = ['state', 'tls']
  if ((tls.cert === undefined) !== (tls.key === undefined)) report(path, '`cert` and `key` need each other')
  const found = (name: 'ca' | 'cert' | 'key'): string | undefined => {
    const given = tls[name]
    if (given === undefined) return undefined
    const whole = resolve(dirname(file), given)
    try {
      sources.readFile(whole)
    } catch (error) {
      report([...path, name], `${given} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    }
    return whole
  }
  return compact({ ...tls, ca: found('ca'), cert: found('cert'), key: found('key') })
}
