import { needsOf } from '#canonical/needs.ts'
import type { AttemptRecord, Observer, RequestEnded } from '#canonical/observe.ts'
import type { Target } from '#canonical/plan.ts'
import { isoNow, type Logger } from './log.ts'

/** One line a request, at `info`; failovers as they happen. Never content, never keys. */
export function logAccess(log: Logger): Observer {
  return (event) => {
    if (event.kind === 'failover') {
      log.info(
        {
          request_id: event.requestId,
          route: event.route,
          from: event.from.id,
          to: event.to.id,
          reason: event.reason,
          wait_ms: Math.round(event.waitMs),
        },
        'failover',
      )
    } else if (event.kind === 'request_ended') logRequest(log, event)
  }
}

/** A line for each copy of a request that went to a mirror, under the id of the request. */
export function logMirrored(log: Logger): (event: RequestEnded, target: Target) => void {
  return (event, target) => logRequest(log, { ...event, target }, 'mirrored request finished')
}

/** A line for each vector that the semantic cache asked for, under the id of the request that it was for. */
export function logEmbedded(log: Logger): (event: RequestEnded) => void {
  return (event) => logRequest(log, event, 'cache embedding finished')
}

function logRequest(log: Logger, event: RequestEnded, message = 'request finished'): void {
  if (!log.isLevelEnabled('info')) return
  // Written out here and not by the log: a line with this many fields is a good part of what a request costs.
  const line = JSON.stringify({
    level: 'info',
    time: isoNow(),
    request_id: event.requestId,
    model: event.asked?.request.model,
    route: event.route,
    dialect: event.dialect,
    target: event.target?.id,
    outcome: event.outcome,
    stream: event.stream ? (event.streamOutcome ?? true) : undefined,
    status: event.status,
    code: event.code,
    cache: event.cache,
    cache_similarity: event.similarity === undefined ? undefined : Math.round(event.similarity * 1e4) / 1e4,
    rule: event.rule === undefined ? undefined : event.rule + 1,
    strategy: event.strategy,
    attempts: event.attempts.map(describe),
    finish_reason: event.finishReason,
    input_tokens: event.usage?.input,
    output_tokens: event.usage?.output,
    cache_read_tokens: event.usage?.cacheRead,
    cache_write_tokens: event.usage?.cacheWrite,
    reasoning_tokens: event.usage?.reasoning,
    cost_usd: event.costUsd,
    saved_usd: event.savedUsd,
    prompt_cache_saved_usd: event.promptCacheSavedUsd,
    wasted_usd: wastedUsd(event.attempts),
    duration_ms: round(event.durationMs),
    first_token_ms: event.firstTokenMs === undefined ? undefined : round(event.firstTokenMs),
    overhead_ms: round(event.overheadMs),
    bytes_in: event.bytesIn,
    bytes_out: event.bytesOut,
    dropped: event.dropped.length === 0 ? undefined : event.dropped,
    redacted: event.redacted,
    client: event.client,
    tier: event.tier,
    ...askedOf(event.asked),
    trace_id: event.traceId,
    message,
  })
  log.writeLine(`${line}\n`)
}

/** What rules and strategies look at, for `outrigger replay`; what is usual is left out. */
function askedOf(asked: RequestEnded['asked']): Readonly<Record<string, unknown>> {
  if (asked === undefined) return {}
  const { request, hints } = asked
  const needs = [...needsOf(request)]
  return {
    priority: hints.priority === 'normal' ? undefined : hints.priority,
    tags: isEmpty(hints.tags) ? undefined : hints.tags,
    max_cost_usd: hints.maxCostUsd,
    needs: needs.length === 0 ? undefined : needs,
  }
}

function isEmpty(record: Readonly<Record<string, string>>): boolean {
  for (const _name in record) return false
  return true
}

type LoggedAttempt = { readonly target: string; readonly outcome: string; readonly status?: number; readonly ms: number }

/** Without the provider's words: they may quote the prompt. */
function describe({ target, outcome, status, durationMs }: AttemptRecord): LoggedAttempt {
  return { target, outcome, ...(status === undefined ? {} : { status }), ms: round(durationMs) }
}

function wastedUsd(attempts: readonly AttemptRecord[]): number | undefined {
  const wasted = attempts.reduce((sum, attempt) => sum + (attempt.wasted?.usd ?? 0), 0)
  return wasted === 0 ? undefined : wasted
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100
}
