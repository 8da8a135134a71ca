import type { Failure } from '#canonical/failure.ts'
import type { AttemptRecord } from '#canonical/observe.ts'
import type { PlanProblem } from '#canonical/plan.ts'
import type { ClientError } from '#dialect/dialect.ts'
import type { RequestRecord } from './record.ts'

/** An error for the client, with what its SDK should do about it. */
export type FinalError = {
  readonly error: ClientError
  /** When asking again makes sense; without it the SDK is told not to, since the relay has done so already. */
  readonly retryAfterMs?: number
}

/** The error of a request for which no target could be tried. */
export function errorOfPlan(problem: PlanProblem, requestId: string): FinalError {
  const error: ClientError = { code: problem.code, kind: kindOfPlan[problem.code], message: problem.message, requestId }
  const param = paramOfPlan[problem.code]
  const named = param === undefined ? error : { ...error, param }
  return problem.retryAfterMs === undefined ? { error: named } : { error: named, retryAfterMs: problem.retryAfterMs }
}

const kindOfPlan: Readonly<Record<PlanProblem['code'], ClientError['kind']>> = {
  model_not_found: 'not_found',
  no_target_available: 'overloaded',
  no_target_within_max_cost: 'billing',
  context_length_exceeded: 'context_length',
  unsupported_by_target: 'unsupported',
  unknown_provider_field: 'invalid_request',
}

const paramOfPlan: Readonly<Partial<Record<PlanProblem['code'], string>>> = {
  model_not_found: 'model',
  unknown_provider_field: 'provider',
}

/**
 * The error of a request whose attempts all failed. A fault of the request itself is told as the provider told it; a fault
 * of the providers is told as ours, with the list of what was tried: the client can do nothing about a provider's key.
 */
export function errorOfAttempts(record: RequestRecord, requestId: string): FinalError {
  const failures = record.failures.map(({ failure }) => failure)
  const blame = failures.findLast((failure) => clientsFault.has(failure.kind))
  if (blame !== undefined) return { error: errorOfRequest(blame, requestId) }

  const message = `${told(failures)} (${record.attempts.map(describe).join('; ') || 'nothing was tried'})`
  const waits = failures.flatMap((failure) => failure.retryAfterMs ?? [])
  if (failures.length > 0 && failures.every((failure) => failure.kind === 'rate_limit')) {
    const error: ClientError = { code: 'all_targets_rate_limited', kind: 'rate_limit', message, requestId }
    return waits.length === 0 ? { error } : { error, retryAfterMs: Math.min(...waits) }
  }
  const kind = failures.length > 0 && failures.every((failure) => failure.kind === 'timeout') ? 'timeout' : worst(failures)
  return { error: { code: 'all_targets_failed', kind, message, requestId } }
}

// The order matters little to the client; overloaded tells it that trying later may help.
function worst(failures: readonly Failure[]): 'overloaded' | 'server' {
  return failures.length > 0 && failures.every((failure) => failure.kind === 'overloaded' || failure.kind === 'rate_limit')
    ? 'overloaded'
    : 'server'
}

const clientsFault: ReadonlySet<Failure['kind']> = new Set(['invalid_request', 'context_length', 'content_filter', 'unsupported'])

function errorOfRequest(failure: Failure, requestId: string): ClientError {
  const code = failure.kind === 'context_length' ? 'context_length_exceeded' : (failure.code ?? failure.kind)
  const error: ClientError = { code, kind: failure.kind, message: failure.message, requestId }
  return failure.param === undefined ? error : { ...error, param: failure.param }
}

function told(failures: readonly Failure[]): string {
  const count = failures.length
  return count === 1 ? 'the only attempt failed' : `all ${count} attempts failed`
}

function describe(attempt: AttemptRecord): string {
  const status = attempt.status === undefined ? '' : ` ${attempt.status}`
  return `${attempt.target}: ${attempt.outcome}${status} after ${Math.round(attempt.durationMs)} ms${attempt.message === undefined ? '' : `, ${attempt.message}`}`
}
