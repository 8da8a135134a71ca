import { asNumber, asObject, asString, type JsonObject } from '#lib/json.ts'
import { environment } from './litellm-provider.ts'
import type { Source } from './source.ts'

/** What stands beside the models: retries, timeouts, breaker, cache, clients, state. */
export function topLevel(source: Source, router: JsonObject, settings: JsonObject): JsonObject {
  const general = asObject(source.data['general_settings'])
  const retries = asNumber(router['num_retries']) ?? asNumber(settings['num_retries'])
  const timeout = asNumber(router['timeout']) ?? asNumber(settings['request_timeout'])
  const firstToken = asNumber(router['stream_timeout'])
  const fails = asNumber(router['allowed_fails']) ?? asNumber(settings['allowed_fails'])
  const cooldown = asNumber(router['cooldown_time']) ?? asNumber(settings['cooldown_time'])
  const master = asString(general['master_key'])
  const timeouts = {
    ...(timeout === undefined ? {} : { total: seconds(timeout) }),
    ...(firstToken === undefined ? {} : { first_token: seconds(firstToken) }),
  }
  const breaker = {
    ...(fails === undefined ? {} : { consecutive_errors: Math.max(1, fails + 1) }),
    ...(cooldown === undefined ? {} : { open_for: seconds(cooldown) }),
  }
  if (master !== undefined)
    source.remark(
      ['general_settings', 'master_key'],
      'the master key became a client named `master`; keys of its database are not carried over',
    )
  return {
    ...(retries === undefined ? {} : { retry: { attempts: attemptsOf(source, retries, router) } }),
    ...(Object.keys(timeouts).length === 0 ? {} : { timeouts }),
    ...(Object.keys(breaker).length === 0 ? {} : { breaker }),
    ...cacheOf(source, settings),
    ...(master === undefined ? {} : { clients: [{ name: 'master', key: environment(master) }] }),
    ...stateOf(router),
  }
}

// What `retry.attempts` takes.
const mostAttempts = 20

function attemptsOf(source: Source, retries: number, router: JsonObject): number {
  const attempts = Math.min(mostAttempts, Math.max(1, Math.round(retries) + 1))
  const block = asNumber(router['num_retries']) === undefined ? 'litellm_settings' : 'router_settings'
  if (attempts !== retries + 1) source.remark([block, 'num_retries'], `${retries} retries became ${attempts} attempts`)
  return attempts
}

function cacheOf(source: Source, settings: JsonObject): JsonObject {
  if (settings['cache'] !== true) return {}
  const params = asObject(settings['cache_params'])
  const type = asString(params['type']) ?? 'local'
  if (type !== 'local' && type !== 'redis')
    source.remark(['litellm_settings', 'cache_params', 'type'], `a cache of type ${type} became one in memory`)
  const ttl = asNumber(params['ttl'])
  return { cache: ttl === undefined ? {} : { ttl: seconds(ttl) } }
}

function stateOf(router: JsonObject): JsonObject {
  const host = asString(router['redis_host'])
  if (host === undefined) return {}
  const password = asString(router['redis_password'])
  const login = password === undefined ? '' : `:${inUrl(password)}@`
  const port = router['redis_port'] === undefined ? '6379' : environment(String(router['redis_port']))
  return { state: { redis: `redis://${login}${environment(host)}:${port}` } }
}

/** A password may have letters that mean something in a URL; of a variable only its value's owner can know. */
function inUrl(password: string): string {
  const written = environment(password)
  return written === password ? encodeURIComponent(password) : written
}

function seconds(value: number): string {
  return Number.isInteger(value) ? `${value}s` : `${Math.round(value * 1000)}ms`
}

const understood: Readonly<Record<string, ReadonlySet<string>>> = {
  router_settings: new Set(
    `routing_strategy fallbacks context_window_fallbacks content_policy_fallbacks default_fallbacks model_group_alias num_retries timeout
     stream_timeout allowed_fails cooldown_time redis_host redis_port redis_password enable_pre_call_checks`.split(/\s+/),
  ),
  litellm_settings: new Set(
    `fallbacks context_window_fallbacks content_policy_fallbacks default_fallbacks num_retries request_timeout allowed_fails cooldown_time
     drop_params cache cache_params`.split(/\s+/),
  ),
  general_settings: new Set(['master_key']),
}

const hints: Readonly<Record<string, string>> = {
  success_callback: 'metrics, traces and the access log are built in',
  failure_callback: 'metrics, traces and the access log are built in',
  callbacks: 'metrics, traces and the access log are built in',
  set_verbose: 'use log.level',
  database_url: 'no database is needed; clients stand in the routing file',
  alerting: 'use `alerts` with a webhook',
  retry_policy: 'use retry.on_failure',
}

/** Names what the file says besides. */
export function remarkOthers(source: Source): void {
  for (const [block, known] of Object.entries(understood)) {
    for (const name of Object.keys(asObject(source.data[block]))) {
      if (known.has(name)) continue
      source.remark([block, name], `${name} is not carried over${hints[name] === undefined ? '' : `: ${hints[name]}`}`)
    }
  }
  for (const block of Object.keys(source.data)) {
    if (block !== 'model_list' && understood[block] === undefined) source.remark([block], `${block} is not carried over`)
  }
}
