import type { Failure } from '#canonical/failure.ts'
import type { Target } from '#canonical/plan.ts'
import { decide, type Facts } from './decide.ts'
import { leftMs, type Run, tell, wait } from './run.ts'
import { type Candidate, hasCandidate, hasOtherKey, lastResort, nextCandidate, sameCandidate } from './walk.ts'

/** After a failure that the client has not seen: what the policy says, the wait before it, and the candidate it leads to. */
export async function followPolicy(run: Run, candidate: Candidate, failure: Failure): Promise<Candidate | undefined> {
  const { deps, policy, exchange, plan } = run
  // A request that the target cannot even be told costs nobody anything: the next one is asked at once.
  if (failure.kind === 'unsupported') return nextCandidate(run, candidate.index)

  const others = askable(run, candidate)
  const facts: Facts = {
    attempts: run.record.attempts.length,
    maxAttempts: policy.retry.attempts,
    attemptsAtTarget: attemptsInARow(run, candidate.target),
    hasOtherKey: hasOtherKey(run, candidate),
    hasNext: hasCandidate(run, others),
    leftMs: leftMs(run),
  }
  const { action, waitMs } = decide(failure, facts, { ...policy.retry, random: deps.random })
  if (action === 'stop') return undefined
  const wanted = choose(run, candidate, action)
  if (wanted === undefined) return undefined
  const chosen = withinBudget(run, candidate, wanted)
  if (chosen === undefined) {
    tell(run, { kind: 'retry_budget_exhausted', requestId: exchange.requestId, route: plan.route })
    return undefined
  }
  if (chosen.target.id !== candidate.target.id) {
    const { requestId } = exchange
    tell(run, {
      kind: 'failover',
      requestId,
      route: plan.route,
      from: candidate.target,
      to: chosen.target,
      reason: failure.kind,
      waitMs,
    })
  }
  await wait(run, waitMs)
  return chosen
}

// Above this share of errors a target is not a refuge any more.
const healthyBelow = 0.5

/** The candidate that was wanted if the budget allows it; else one that costs nothing of it, where there is one. */
function withinBudget(run: Run, from: Candidate, wanted: Candidate): Candidate | undefined {
  if (mayMove(run, from, wanted)) return wanted
  const next = wanted.target.id === from.target.id ? choose(run, from, 'next') : undefined
  return next !== undefined && isFirstMove(run, from, next) ? next : undefined
}

/** Whether the budget allows one more attempt there; it is charged when it must be. */
export function mayMove(run: Run, from: Candidate, to: Candidate): boolean {
  return isFirstMove(run, from, to) || run.deps.retryBudget.tryRetry(run.deps.clock.now())
}

/**
 * The budget keeps retries from multiplying the traffic of providers in trouble. The first move to a healthy target
 * multiplies nothing: the request is served once there, as it would have been at the first. It is not charged.
 */
function isFirstMove(run: Run, from: Candidate, to: Candidate): boolean {
  if (to.target.id === from.target.id || run.record.attempts.some(({ target }) => target !== from.target.id)) return false
  const health = run.deps.health.snapshot(run.deps.clock.now()).of(to.target.id)
  return health.breaker === 'closed' && health.errorRatio < healthyBelow
}

function choose(run: Run, candidate: Candidate, action: 'same' | 'rest_key' | 'larger' | 'next'): Candidate | undefined {
  switch (action) {
    case 'same':
    case 'rest_key':
      return sameCandidate(run, candidate)
    case 'larger':
      return largerThan(run, candidate)
    case 'next': {
      // At its end the plan begins again, so that two short faults in a row do not end a request with attempts left.
      const others = askable(run, candidate)
      return nextCandidate(run, candidate.index, others) ?? nextCandidate(run, -1, others) ?? lastResort(run, others)
    }
  }
}

/** The targets that may be asked instead: not the failed one, and none that failed for good or fell silent. */
function askable(run: Run, candidate: Candidate): (target: Target) => boolean {
  const spent = new Set(run.record.failures.flatMap(({ target, failure }) => (askAgain.has(failure.kind) ? [] : [target.id])))
  return (target) => target.id !== candidate.target.id && !spent.has(target.id)
}

const askAgain: ReadonlySet<Failure['kind']> = new Set(['server', 'overloaded', 'network', 'rate_limit', 'malformed'])

function largerThan(run: Run, candidate: Candidate): Candidate | undefined {
  const others = askable(run, candidate)
  const size = contextOf(run, candidate.target)
  const mayHoldMore = (target: Target): boolean => {
    const other = contextOf(run, target)
    // Where a size is not known it may be larger, also of the same model: who serves it decides how much of its window is used.
    return size === undefined || other === undefined || other > size
  }
  return nextCandidate(run, candidate.index, (target) => others(target) && mayHoldMore(target))
}

/** Tokens that the target's window holds: from the routing file, else from the provider's table. */
function contextOf(run: Run, target: Target): number | undefined {
  return target.context ?? run.config.providers.get(target.provider)?.type.traitsOf(target.model).context
}

function attemptsInARow(run: Run, target: Target): number {
  let count = 0
  for (let index = run.record.attempts.length - 1; index >= 0 && run.record.attempts[index]?.target === target.id; index--)
    count++
  return count
}
