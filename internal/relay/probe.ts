import { textRequest } from '#canonical/text-request.ts'
import type { Config, ProbeConfig, ProviderConfig } from '#config/config.ts'
import type { Clock } from '#lib/clock.ts'
import { asObject, asString, parseJson } from '#lib/json.ts'
import { type Call, type CallRequest, call } from '#upstream/call.ts'
import type { CallHandler } from '#upstream/call-handler.ts'
import type { Pools } from '#upstream/pools.ts'
import { authorizedCall } from './authorized-call.ts'
import { prepare } from './prepare.ts'
import { callHeaders } from './request-headers.ts'

export type Probed =
  | { readonly ok: true; readonly durationMs: number }
  | { readonly ok: false; readonly durationMs: number; readonly reason: string }

export type ProbeDeps = { readonly pools: Pools; readonly clock: Clock }

/** How a provider is probed: its own settings, else those at the top. */
export function probeConfigOf(config: Config, provider: ProviderConfig): ProbeConfig {
  return provider.health ?? config.health
}

/** Asks a provider whether it lives, in the way that the file says. Ends within the probe's own time limit. */
export function probeProvider(config: Config, provider: ProviderConfig, { pools, clock }: ProbeDeps): Promise<Probed> {
  const { promise, resolve } = Promise.withResolvers<Probed>()
  const startedMs = clock.now()
  const { timeout } = probeConfigOf(config, provider)
  const finish = (reason: string | undefined): void => {
    cancelTimer()
    const durationMs = clock.now() - startedMs
    resolve(reason === undefined ? { ok: true, durationMs } : { ok: false, durationMs, reason })
  }
  const cancelTimer = clock.after(
    timeout,
    () => {
      running?.cancel()
      finish(`no answer within ${timeout} ms`)
    },
    'background',
  )
  const running = send(config, provider, pools, finish)
  return promise
}

type Finish = (reason: string | undefined) => void

function send(config: Config, provider: ProviderConfig, pools: Pools, finish: Finish): Call | undefined {
  const { probe, status_url } = probeConfigOf(config, provider)
  const statusUrl = status_url ?? provider.type.statusUrl
  if (probe === 'status_page' && statusUrl !== undefined) return askStatusPage(new URL(statusUrl), pools, finish)
  const recipient = { provider, key: provider.keys[0]?.reveal() }
  const completion = probe === 'completion' ? completionRequest(config, provider) : undefined
  return authorizedCall(pools, recipient, completion ?? modelsRequest(provider), alive(finish))
}

/** Any answer but a fault of the server shows that the provider lives; a refused key says nothing about it. */
function alive(finish: Finish): CallHandler {
  return {
    onHead: (status) => finish(status < 500 ? undefined : `HTTP ${status}`),
    onData: () => {},
    onEnd: () => {},
    onFailure: (failure) => finish(failure.message),
  }
}

function modelsRequest({ type, headers }: ProviderConfig): CallRequest {
  return {
    method: type.probe.method,
    path: type.probe.path,
    headers: { accept: 'application/json', 'user-agent': 'outrigger', ...type.headers, ...headers },
  }
}

/** A few tokens of the provider's first target; undefined when it has none that can be written to. */
function completionRequest(config: Config, provider: ProviderConfig): CallRequest | undefined {
  const targets = config.models.flatMap((model) => model.targets)
  const target = targets.find((one) => one.provider === provider.name && !one.model.includes('*'))
  if (target === undefined) return undefined
  const prepared = prepare(ping, target, provider, { mode: 'translate', unsupported: undefined })
  if (!prepared.ok) return undefined
  const { encoded } = prepared.value
  const headers = callHeaders(provider, prepared.value, {})
  return { method: 'POST', path: encoded.path, headers, body: JSON.stringify(encoded.body) }
}

// Some models refuse fewer tokens.
const ping = textRequest({ dialect: 'openai-chat', model: '', text: 'ping', maxOutput: 16 })

/** Another host than the provider's: no key goes there. */
function askStatusPage(url: URL, pools: Pools, finish: Finish): Call {
  const chunks: Uint8Array[] = []
  let failed = false
  return call(
    pools.to(url.origin),
    { method: 'GET', path: url.pathname + url.search, headers: { accept: 'application/json', 'user-agent': 'outrigger' } },
    {
      onHead(status) {
        failed = status !== 200
        // The page's own trouble says nothing about the provider.
        if (failed) finish(undefined)
      },
      onData: (bytes) => void chunks.push(bytes),
      onEnd: () => failed || finish(troubleIn(Buffer.concat(chunks).toString('utf8'))),
      onFailure: () => finish(undefined),
    },
  )
}

/** What a status page says is wrong. `minor` is no reason to leave. Source: metastatuspage.com/api. */
function troubleIn(text: string): string | undefined {
  const parsed = parseJson(text)
  const status = parsed.ok ? asObject(asObject(parsed.value)['status']) : {}
  const indicator = asString(status['indicator'])
  if (indicator !== 'major' && indicator !== 'critical') return undefined
  return `the status page says ${indicator}: ${(asString(status['description']) ?? '').slice(0, 100)}`
}
