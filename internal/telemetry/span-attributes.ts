import type { Attributes } from '@opentelemetry/api'
import type { RelayEvent, RequestEnded } from '#canonical/observe.ts'
import type { TraceStart } from '#canonical/trace.ts'
import { genAi, operationName, providerName, requestAttributes } from './gen-ai.ts'

/** What is known of a provider by its name in the routing file. */
export type ProviderFacts = { readonly type: string; readonly address?: string; readonly port?: number }

type AttemptStarted = Extract<RelayEvent, { readonly kind: 'attempt_started' }>
type AttemptEnded = Extract<RelayEvent, { readonly kind: 'attempt_ended' }>

/** The path with the model's name taken out; undefined for a path that leads nowhere, which is the client's own text. */
export function routeOf({ path, request }: TraceStart): string | undefined {
  if (request === undefined) return undefined
  return path.replace(/\/models\/.+?(?=:\w+$|$)/, '/models/{model}')
}

/** Of the SERVER span when it begins: https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server */
export function requestStartAttributes(start: TraceStart, route: string | undefined): Attributes {
  const { method, path, requestId, dialect, request } = start
  return {
    'http.request.method': method,
    'url.path': path,
    'url.scheme': 'http',
    'outrigger.request_id': requestId,
    'outrigger.dialect': dialect,
    ...(route === undefined ? {} : { 'http.route': route }),
    ...(request === undefined ? {} : { [genAi.requestModel]: request.model }),
  }
}

/** Of the SERVER span when it ends. Tokens are the attempts': on both, backends would count them twice. */
export function requestEndedAttributes(event: RequestEnded): Attributes {
  const { status, outcome, streamOutcome, route, rule, target, code, attempts, costUsd, overheadMs, dropped, client, tier } =
    event
  return {
    'http.response.status_code': status,
    'outrigger.outcome': outcome,
    'outrigger.attempts': attempts.length,
    'outrigger.overhead_ms': overheadMs,
    ...(route === '' ? {} : { 'outrigger.route': route }),
    ...(rule === undefined ? {} : { 'outrigger.rule': rule + 1 }),
    ...(event.cache === undefined ? {} : { 'outrigger.cache': event.cache }),
    ...(target === undefined ? {} : { 'outrigger.target': target.id }),
    ...(streamOutcome === undefined ? {} : { 'outrigger.stream_outcome': streamOutcome }),
    ...(code === undefined ? {} : { 'error.type': code }),
    ...(costUsd === undefined ? {} : { 'outrigger.cost_usd': costUsd }),
    ...(dropped.length === 0 ? {} : { 'outrigger.dropped': [...dropped] }),
    ...(client === undefined ? {} : { 'outrigger.client': client }),
    ...(tier === undefined ? {} : { 'outrigger.tier': tier }),
  }
}

/** Of a CLIENT span when it begins; samplers may look at these. */
export function attemptAttributes(
  { request, operation }: TraceStart,
  { target, number, route }: AttemptStarted,
  provider: ProviderFacts | undefined,
): Attributes {
  return {
    [genAi.operation]: operationName(target.dialect, operation),
    [genAi.provider]: providerName(provider?.type ?? target.provider),
    [genAi.requestModel]: target.model,
    'outrigger.route': route,
    'outrigger.target': target.id,
    'outrigger.attempt': number,
    ...(provider?.address === undefined ? {} : { 'server.address': provider.address }),
    ...(provider?.port === undefined ? {} : { 'server.port': provider.port }),
    ...(request === undefined || operation !== undefined ? {} : requestAttributes(request)),
  }
}

/** Of a CLIENT span when it ends. */
export function endedAttributes({ outcome, failure, status, usage, firstTokenMs, answer }: AttemptEnded): Attributes {
  const { id, model, finishes = [] } = answer ?? {}
  return {
    'outrigger.outcome': outcome,
    ...(failure === undefined ? {} : { 'error.type': failure.kind }),
    ...(status === undefined ? {} : { 'http.response.status_code': status }),
    ...(firstTokenMs === undefined ? {} : { [genAi.timeToFirstChunk]: firstTokenMs / 1000 }),
    ...(id === undefined || id === '' ? {} : { [genAi.responseId]: id }),
    ...(model === undefined || model === '' ? {} : { [genAi.responseModel]: model }),
    ...(finishes.length === 0 ? {} : { [genAi.finishReasons]: finishes.map(({ reason }) => reason) }),
    ...(usage === undefined ? {} : usageAttributes(usage)),
  }
}

/** Both arithmetics agree: input has what came from and went into caches, output has the reasoning. */
function usageAttributes(usage: NonNullable<AttemptEnded['usage']>): Attributes {
  const { input, output, cacheRead, cacheWrite, reasoning, audioIn, audioOut } = usage
  return {
    [genAi.inputTokens]: input,
    [genAi.outputTokens]: output,
    ...(cacheRead === 0 ? {} : { [genAi.cacheReadTokens]: cacheRead }),
    ...(cacheWrite === 0 ? {} : { [genAi.cacheCreationTokens]: cacheWrite }),
    ...(reasoning === 0 ? {} : { [genAi.reasoningTokens]: reasoning }),
    ...(audioIn === undefined ? {} : { [genAi.audioInputTokens]: audioIn }),
    ...(audioOut === undefined ? {} : { [genAi.audioOutputTokens]: audioOut }),
  }
}
