import type { Emit } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { AttemptOutcome, AttemptRecord } from '#canonical/observe.ts'
import type { ProviderConfig } from '#config/config.ts'
import { answerView } from './answer-view.ts'
import { type Attempt, type AttemptEnd, type AttemptParams, startAttempt } from './attempt.ts'
import { joinContinuation } from './continue.ts'
import type { AttemptLimits } from './deadline.ts'
import { leaveDead } from './leave-dead.ts'
import { enter } from './ledger.ts'
import { autoFirstTokenMs } from './patience.ts'
import type { Prepared } from './prepare.ts'
import { prepareFor } from './prepare-for.ts'
import { addUsage } from './record.ts'
import { answerHeaders } from './response-headers.ts'
import { type Run, tell, whileHere } from './run.ts'
import { answerLimit } from './spend-limit.ts'
import type { StreamOut } from './stream-out.ts'
import type { Candidate } from './walk.ts'

// A provider's answer larger than this is a fault, not an answer.
const maxAnswerBytes = 64 * 1024 * 1024

/** One attempt at one target, told to the observers and written into the record. */
export async function tryTarget(run: Run, candidate: Candidate): Promise<AttemptEnd> {
  // Awaited also when it is there: others that are at this step prepare theirs first (lib/turn-end.ts).
  const prepared = await prepareFor(run, candidate, providerOf(run, candidate))
  if (prepared.ok) return tryPrepared(run, candidate, prepared.value)
  run.record.failures.push({ target: candidate.target, failure: prepared.error })
  return { result: { kind: 'failed', failure: prepared.error }, durationMs: 0 }
}

/** The attempt with a request that is written already; it is under way when this returns. */
export async function tryPrepared(run: Run, candidate: Candidate, prepared: Prepared): Promise<AttemptEnd> {
  const before = { attempts: run.record.attempts.length, seen: run.out?.committed() === true ? run.out.seen.length() : 0 }
  const { record } = run
  const attempt = beginAttempt(run, candidate, prepared, before)
  const leave = whileHere(run, attempt)
  const stopWatch = run.out === undefined ? leaveDead(run, candidate, attempt) : undefined
  const end = await attempt.ended
  leave()
  stopWatch?.()
  record.attemptStartedMs = undefined
  record.waitedMs += end.durationMs
  noteEnd(run, candidate, before, end)
  return end
}

/** The settings of the candidate's provider. */
export function providerOf({ config }: Run, { target }: Candidate): ProviderConfig {
  const provider = config.providers.get(target.provider)
  if (provider === undefined) throw new Error(`no provider ${target.provider}: the configuration was not checked`)
  return provider
}

function beginAttempt(run: Run, candidate: Candidate, prepared: Prepared, before: Before): Attempt {
  const { deps, record, exchange, plan } = run
  const { target, keyIndex } = candidate
  const provider = providerOf(run, candidate)
  record.target = target
  record.dropped = prepared.encoded.losses.map((loss) => loss.field)
  record.attempts.push({ target: target.id, outcome: 'abandoned', durationMs: 0 })
  run.out?.restart()

  const startedMs = deps.clock.now()
  record.attemptStartedMs = startedMs
  const number = record.attempts.length
  tell(run, {
    kind: 'attempt_started',
    requestId: exchange.requestId,
    route: plan.route,
    target,
    number,
    keyIndex,
    atMs: startedMs,
  })
  const attempt = startAttempt(
    {
      exchange,
      target,
      provider,
      key: provider.keys[keyIndex]?.reveal(),
      prepared,
      answerContext: run.answerContext,
      limits: limitsFor(run, candidate, prepared, startedMs),
      startedMs,
      ...streamOf(run, candidate, before),
      onFirstToken: (afterMs) =>
        tell(run, { kind: 'first_token', requestId: exchange.requestId, target, afterMs, atMs: startedMs + afterMs }),
      begin: (contentType) => beginRelayed(run, contentType),
    },
    { clock: deps.clock, pools: deps.pools, maxAnswerBytes },
  )
  run.attempt = attempt
  return attempt
}

function beginRelayed(run: Run, contentType: string): void {
  run.record.relayed = true
  run.exchange.client.head(200, { ...answerHeaders(run), 'content-type': contentType })
}

function streamOf(run: Run, candidate: Candidate, { seen }: Before): Pick<AttemptParams, 'stream'> {
  const { out } = run
  if (out === undefined) return {}
  const limit = answerLimit(run, candidate, seen)
  const emit = emitFor(out, candidate)
  const { guarded } = run.exchange
  return { stream: { out, emit: guarded?.answer?.stream(emit) ?? emit, ...(limit === undefined ? {} : { limit }) } }
}

function emitFor(out: StreamOut, candidate: Candidate): Emit {
  return candidate.continuation === undefined ? out.event : joinContinuation(out.seen, out.event).emit
}

function limitsFor(run: Run, { index, target }: Candidate, prepared: Prepared, nowMs: number): AttemptLimits {
  const timeouts = run.config.providers.get(target.provider)?.timeouts ?? run.policy.timeouts
  const left = Math.max(1, run.deadlineMs - nowMs)
  if (run.out === undefined) {
    return { idleMs: timeouts.idle, totalMs: shareMs(run, index, left) }
  }
  const base = timeouts.first_token === 'auto' ? autoFirstTokenMs(run, prepared.target.traits) : timeouts.first_token
  const firstTokenMs = timeouts.first_token === 'auto' ? run.deps.health.firstTokenTimeoutMs(target, base, nowMs) : base
  return { firstTokenMs: Math.min(firstTokenMs, shareMs(run, index, left)), idleMs: timeouts.idle, totalMs: left }
}

// Most of the time, since a long answer may need it, and enough for the targets behind to be asked at all.
const shareOfFirst = 0.75

/**
 * How long a target may be silent, since those that follow must have their turn before the time is over: in equal parts of
 * what a client is ready to wait, which is short, and otherwise so that a slow answer is not cut off for it.
 */
function shareMs({ plan, exchange }: Run, index: number, leftMs: number): number {
  const followers = plan.steps.length - index - 1
  if (followers <= 0) return leftMs
  return exchange.hints.timeoutMs === undefined ? leftMs * shareOfFirst : leftMs / (followers + 1)
}

/** What there was before an attempt: attempts, and characters of the answer. */
type Before = { readonly attempts: number; readonly seen: number }

function noteEnd(run: Run, candidate: Candidate, before: Before, end: AttemptEnd): void {
  const { record, exchange, plan, deps } = run
  const { target, keyIndex } = candidate
  const { usage } = end.result
  const { outcome, failure } = verdictOf(end)
  const entry = enter(run, candidate, end, before.seen)
  const answer = exchange.trace?.wantsAnswer === true ? answerView(run, end.result) : undefined
  const { status, firstTokenMs, durationMs } = end
  const attempt: AttemptRecord = {
    target: target.id,
    outcome,
    durationMs,
    status,
    firstTokenMs,
    wasted: entry.wasted,
    message: failure === undefined ? undefined : messageOf(failure),
    costUsd: entry.costUsd,
  }
  record.attempts[before.attempts] = attempt
  record.firstTokenMs ??= end.firstTokenMs
  if (failure !== undefined) record.failures.push({ target, failure })
  if (outcome === 'ok' || run.out?.committed() === true) record.usage = addUsage(record.usage, entry.usage)
  tell(run, {
    kind: 'attempt_ended',
    requestId: exchange.requestId,
    route: plan.route,
    target,
    keyIndex,
    outcome,
    durationMs,
    atMs: deps.clock.now(),
    status,
    firstTokenMs,
    wasted: entry.wasted,
    failure,
    silentUntil: wasSilent(end) ? (run.out === undefined ? 'answer' : 'first_token') : undefined,
    usage,
    answer,
    headers: end.headers,
  })
}

function verdictOf({ result }: AttemptEnd): { readonly outcome: AttemptOutcome; readonly failure?: Failure } {
  if (result.kind !== 'failed') return { outcome: 'ok' }
  return result.abandoned === undefined ? { outcome: result.failure.kind, failure: result.failure } : { outcome: 'abandoned' }
}

/** A provider that refuses our key may quote it: its words stay with us. */
function messageOf(failure: Failure): string {
  return failure.kind === 'auth' ? 'the provider refused its key' : failure.message
}

/** Whether it was ended because it had been silent for longer than usual. */
function wasSilent({ result, firstTokenMs }: AttemptEnd): boolean {
  return result.kind === 'failed' && result.abandoned === 'slow' && firstTokenMs === undefined
}
