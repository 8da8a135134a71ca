import type { Attributes } from '@opentelemetry/api'
import type { AttemptEnded, RelayEvent, RequestEnded } from '#canonical/observe.ts'
import type { TraceStart } from '#canonical/trace.ts'
import { addSettings, genAi, operationName, providerName } from './gen-ai.ts'

/** What is known of a provider by its name in the routing file. */
export type ProviderFacts = { readonly type: string; readonly address?: string; readonly port?: number }

type AttemptStarted = Extract<RelayEvent, { readonly kind: 'attempt_started' }>

/** The path with the model's name taken out; undefined for a path that leads nowhere, which is the client's own text. */
export function routeOf({ path, request }: TraceStart): string | undefined {
  if (request === undefined) return undefined
  return path.replace(/\/models\/.+?(?=:\w+$|$)/, '/models/{model}')
}

/** Of the SERVER span, as far as the beginning tells: https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server */
export function requestAttributes(start: TraceStart, route: string | undefined): Attributes {
  const { method, path, requestId, dialect, request } = start
  const attributes: Attributes = {
    'http.request.method': method,
    'url.path': path,
    'url.scheme': 'http',
    'outrigger.request_id': requestId,
    'outrigger.dialect': dialect,
  }
  if (route !== undefined) attributes['http.route'] = route
  if (request !== undefined) attributes[genAi.requestModel] = request.model
  return attributes
}

/** Adds how the request ended. Tokens are the attempts': on both, backends would count them twice. */
export function addRequestEnd(attributes: Attributes, event: RequestEnded): void {
  const { route, rule, cache, target, streamOutcome, code, costUsd, dropped, client, tier } = event
  attributes['http.response.status_code'] = event.status
  attributes['outrigger.outcome'] = event.outcome
  attributes['outrigger.attempts'] = event.attempts.length
  attributes['outrigger.overhead_ms'] = event.overheadMs
  if (route !== '') attributes['outrigger.route'] = route
  if (rule !== undefined) attributes['outrigger.rule'] = rule + 1
  if (cache !== undefined) attributes['outrigger.cache'] = cache
  if (target !== undefined) attributes['outrigger.target'] = target.id
  if (streamOutcome !== undefined) attributes['outrigger.stream_outcome'] = streamOutcome
  if (code !== undefined) attributes['error.type'] = code
  if (costUsd !== undefined) attributes['outrigger.cost_usd'] = costUsd
  if (dropped.length > 0) attributes['outrigger.dropped'] = [...dropped]
  if (client !== undefined) attributes['outrigger.client'] = client
  if (tier !== undefined) attributes['outrigger.tier'] = tier
}

/** Of a CLIENT span when it begins. */
export function attemptAttributes(
  { request, operation }: TraceStart,
  { target, number, route }: AttemptStarted,
  provider: ProviderFacts | undefined,
): Attributes {
  const attributes: Attributes = {
    [genAi.operation]: operationName(target.dialect, operation),
    [genAi.provider]: providerName(provider?.type ?? target.provider),
    [genAi.requestModel]: target.model,
    'outrigger.route': route,
    'outrigger.target': target.id,
    'outrigger.attempt': number,
  }
  if (provider?.address !== undefined) attributes['server.address'] = provider.address
  if (provider?.port !== undefined) attributes['server.port'] = provider.port
  if (request !== undefined && operation === undefined) addSettings(attributes, request)
  return attributes
}

/** Adds how the attempt ended. */
export function addAttemptEnd(attributes: Attributes, event: AttemptEnded): void {
  const { outcome, failure, status, usage, firstTokenMs } = event
  const { id, model, finishes = [] } = event.answer ?? {}
  attributes['outrigger.outcome'] = outcome
  if (failure !== undefined) attributes['error.type'] = failure.kind
  if (status !== undefined) attributes['http.response.status_code'] = status
  if (firstTokenMs !== undefined) attributes[genAi.timeToFirstChunk] = firstTokenMs / 1000
  if (id !== undefined && id !== '') attributes[genAi.responseId] = id
  if (model !== undefined && model !== '') attributes[genAi.responseModel] = model
  if (finishes.length > 0) attributes[genAi.finishReasons] = finishes.map(({ reason }) => reason)
  if (usage !== undefined) addUsage(attributes, usage)
}

/** Both arithmetics agree: input has what came from and went into caches, output has the reasoning. */
function addUsage(attributes: Attributes, usage: NonNullable<AttemptEnded['usage']>): void {
  const { cacheRead, cacheWrite, reasoning, audioIn, audioOut } = usage
  attributes[genAi.inputTokens] = usage.input
  attributes[genAi.outputTokens] = usage.output
  if (cacheRead !== 0) attributes[genAi.cacheReadTokens] = cacheRead
  if (cacheWrite !== 0) attributes[genAi.cacheCreationTokens] = cacheWrite
  if (reasoning !== 0) attributes[genAi.reasoningTokens] = reasoning
  if (audioIn !== undefined) attributes[genAi.audioInputTokens] = audioIn
  if (audioOut !== undefined) attributes[genAi.audioOutputTokens] = audioOut
}
