import type { RequestEnded } from '#canonical/observe.ts'
import { wastedUsd } from './wasted.ts'

/** What a record is of: a request of a client, or a vector that the cache asked for on the client's account. */
export type UsageKind = 'request' | 'cache_embedding'

// As the log calls them, so that the same tools read both.
const messages: Readonly<Record<UsageKind, string>> = {
  request: 'request finished',
  cache_embedding: 'cache embedding finished',
}

/** A request as a line for whoever writes the bills; names are those of the access log. */
export function usageLine(event: RequestEnded, kind: UsageKind, wallNowMs: number): string {
  const { usage, asked } = event
  const tags = asked?.hints.tags
  const fields = {
    time: new Date(wallNowMs).toISOString(),
    request_id: event.requestId,
    kind,
    client: event.client,
    tier: event.tier,
    tags: tags === undefined || Object.keys(tags).length === 0 ? undefined : tags,
    model: asked?.request.model,
    route: event.route,
    dialect: event.dialect,
    target: event.target?.id,
    stream: event.stream,
    outcome: event.outcome,
    status: event.status,
    code: event.code,
    cache: event.cache,
    input_tokens: usage?.input,
    output_tokens: usage?.output,
    cache_read_tokens: usage?.cacheRead,
    cache_write_tokens: usage?.cacheWrite,
    reasoning_tokens: usage?.reasoning,
    estimated: usage?.estimated,
    cost_usd: event.costUsd,
    wasted_usd: wastedUsd(event),
    saved_usd: event.savedUsd,
    prompt_cache_saved_usd: event.promptCacheSavedUsd,
    duration_ms: Math.round(event.durationMs),
    message: messages[kind],
  }
  return `${JSON.stringify(fields)}\n`
}
