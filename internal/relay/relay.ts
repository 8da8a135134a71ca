import type { Failure } from '#canonical/failure.ts'
import type { Plan } from '#canonical/plan.ts'
import type { Operation } from '#dialect/operation.ts'
import { announce } from './announce.ts'
import type { AttemptEnd } from './attempt.ts'
import { backoffMs } from './backoff.ts'
import { keepable } from './caching.ts'
import {
  type Answered,
  closeAnswered,
  closeCached,
  closeEmpty,
  closeFailed,
  closeGone,
  closeRefused,
  closeUnplanned,
} from './close.ts'
import { canContinue } from './continue.ts'
import type { LeadEnd, RelayDeps } from './deps.ts'
import type { Exchange } from './exchange.ts'
import { followPolicy } from './follow-policy.ts'
import { type Tried, tryHedged } from './hedge.ts'
import { patienceWith } from './patience.ts'
import { withoutSignatures } from './put-back.ts'
import { clientGone, openRun, type Run, type RunOptions, tell, wait } from './run.ts'
import { tryTarget } from './try-target.ts'
import { type Candidate, firstCandidate, nextToContinue } from './walk.ts'

/**
 * One request, from its plan to its last byte: targets are tried in the plan's order until one answers, the policy says
 * stop, or nothing is left. What fails before the first content leaves no trace; what breaks after it is continued or ends
 * with the dialect's own error. What it settles with says nothing.
 */
export async function relay(exchange: Exchange, deps: RelayDeps): Promise<unknown> {
  const config = deps.config()
  const { requestId, request, hints, dialect } = exchange
  const atMs = deps.clock.now()
  announce(exchange, deps, { kind: 'request_started', requestId, dialect: dialect.name, atMs })
  deps.retryBudget.request(atMs)
  deps.hedgeBudget.request(atMs)

  const ahead = deps.readAhead?.(exchange, config)
  if (ahead !== undefined) await ahead
  const planned = deps.plan({ request, hints }, config)
  if (!planned.ok) return closeUnplanned(exchange, planned.error, deps)
  const plan = exchange.operation === undefined ? planned.value : stepsFor(exchange.operation, planned.value)

  const asked = exchange.operation === undefined ? deps.cache?.(exchange, plan) : undefined
  const entry = asked === undefined ? undefined : await asked
  if (entry?.kind === 'hit') {
    const { cached, similarity } = entry
    const cache = similarity === undefined ? 'hit' : 'semantic'
    return closeCached(openRun(exchange, plan, { config, deps, cache, similarity }), cached)
  }

  // Not waited for: this would be kept in memory for as long as the answer takes.
  if (entry === undefined) return relayPlanned(exchange, plan, { config, deps, cache: undefined })
  const kept = await relayPlanned(exchange, plan, { config, deps, cache: 'miss' }).catch((error: unknown) => {
    entry.settle(undefined)
    throw error
  })
  return entry.settle(kept)
}

/** Asks the plan's targets; gives what the cache may keep of the answer, or that the client went away before it. */
async function relayPlanned(exchange: Exchange, plan: Plan, options: RunOptions): Promise<LeadEnd> {
  const { deps } = options
  const reserved = deps.reserve?.(exchange, plan)
  const answer = reserved instanceof Promise ? await reserved : reserved
  if (answer !== undefined && answer.kind !== 'granted') {
    closeRefused(exchange, plan.route, answer, deps)
    return undefined
  }
  deps.mirror?.(exchange, plan, options.config)
  const run = openRun(exchange, plan, answer === undefined ? options : { ...options, limitHeaders: answer.headers })
  exchange.client.onGone(() => clientGone(run))
  const answered = await tryTargets(run)
  if (answered === undefined && run.presence.gone) return 'gone'
  return options.cache === 'miss' && answered !== undefined ? keepable(run, answered) : undefined
}

/**
 * The steps that can serve an operation; of vectors only those of the first one's model, wherever it is served:
 * `a/text-embedding-3` and `b/vendor/text-embedding-3` are one.
 */
function stepsFor(operation: Operation, plan: Plan): Plan {
  const { spares: _spares, ...sound } = plan
  const able = plan.steps.filter(({ target }) => operation.servedBy(target.dialect))
  const [first] = able
  // Nobody can: the first one's refusal tells why.
  if (first === undefined) return plan
  const nameOf = ({ target }: Plan['steps'][number]): string => target.model.slice(target.model.lastIndexOf('/') + 1)
  return { ...sound, steps: operation.sameModel ? able.filter((step) => nameOf(step) === nameOf(first)) : able }
}

/** Gives the result when a target answered. */
async function tryTargets(run: Run): Promise<Answered | undefined> {
  let empty: AttemptEnd | undefined
  let candidate = firstCandidate(run)
  while (candidate !== undefined && !run.presence.gone) {
    const patience = patienceWith(run, candidate)
    const { end, candidate: tried }: Tried =
      patience === undefined ? { end: await tryTarget(run, candidate), candidate } : await tryHedged(run, candidate, patience)
    if (run.presence.gone) break
    if (end.result.kind !== 'failed') {
      closeAnswered(run, end.result)
      return end.result
    }
    if (end.result.empty !== undefined) empty = end
    candidate = await afterFailure(run, tried, end.result.failure)
  }
  if (run.presence.gone) {
    closeGone(run)
    return undefined
  }
  // An empty answer is better than none, once every other target has been asked.
  const last = run.record.failures.at(-1)?.failure
  if (empty !== undefined && last?.code === 'empty_answer') closeEmpty(run, empty)
  else closeFailed(run)
  return undefined
}

async function afterFailure(run: Run, candidate: Candidate, failure: Failure): Promise<Candidate | undefined> {
  const { out, exchange, policy } = run
  if (run.record.relayed) return undefined
  if (out?.committed() !== true) return withoutSignatures(run, candidate, failure) ?? followPolicy(run, candidate, failure)
  // Something was sent: only a continuation can still save the answer.
  if (policy.stream.on_break !== 'continue' || !canContinue(exchange.request, out.seen)) return undefined
  if (run.record.attempts.length >= policy.retry.attempts) return undefined
  const next = nextToContinue(run, candidate, failure)
  if (next === undefined) return undefined
  run.record.continuations++
  out.continueAfter(run.record.usage)
  const isSame = next.target.id === candidate.target.id
  const waitMs = isSame ? backoffMs(run.record.continuations, policy.retry.backoff, run.deps.random) : 0
  tell(run, {
    kind: 'failover',
    requestId: exchange.requestId,
    route: run.plan.route,
    from: candidate.target,
    to: next.target,
    reason: failure.kind,
    waitMs,
  })
  await wait(run, waitMs)
  return next
}
