import type { AttemptRecord, Observer, RequestEnded } from '#canonical/observe.ts'
import type { Logger } from './log.ts'

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

function logRequest(log: Logger, event: RequestEnded): void {
  if (!log.isLevelEnabled('info')) return
  log.info(
    {
      request_id: event.requestId,
      route: event.route,
      dialect: event.dialect,
      target: event.target?.id,
      outcome: event.outcome,
      stream: event.stream ? (event.streamOutcome ?? true) : undefined,
      status: event.status,
      code: event.code,
      attempts: event.attempts.map(describe),
      input_tokens: event.usage?.input,
      output_tokens: event.usage?.output,
      cost_usd: event.costUsd,
      duration_ms: round(event.durationMs),
      first_token_ms: event.firstTokenMs === undefined ? undefined : round(event.firstTokenMs),
      overhead_ms: round(event.overheadMs),
      dropped: event.dropped.length === 0 ? undefined : event.dropped,
      client: event.client,
      tier: event.tier,
      trace_id: event.traceId,
    },
    'request finished',
  )
}

function describe(attempt: AttemptRecord): string {
  return `${attempt.target} ${attempt.outcome}${attempt.status === undefined ? '' : ` ${attempt.status}`} ${round(attempt.durationMs)}ms`
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100
}
