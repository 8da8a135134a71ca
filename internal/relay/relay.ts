import type { Failure } from '#canonical/failure.ts'
import type { Plan } from '#canonical/plan.ts'
import type { Operation } from '#dialect/operation.ts'
import type { AttemptEnd } from './attempt.ts'
import { closeAnswered, closeEmpty, closeFailed, closeGone, closeRefused, closeUnplanned } from './close.ts'
import { canContinue } from './continue.ts'
import type { RelayDeps } from './deps.ts'
import type { Exchange } from './exchange.ts'
import { followPolicy } from './follow-policy.ts'
import { tryHedged } from './hedge.ts'
import { withoutSignatures } from './put-back.ts'
import { clientGone, openRun, type Run, tell } from './run.ts'
import { type Candidate, firstCandidate, nextToContinue } from './walk.ts'

/**
 * One request, from its plan to its last byte: targets are tried in the plan's order until one answers, the policy says
 * stop, or nothing is left. What fails before the first content leaves no trace; what breaks after it is continued or ends
 * with the dialect's own error.
 */
export async function relay(exchange: Exchange, deps: RelayDeps): Promise<void> {
  const config = deps.config()
  const { requestId, request, hints, dialect } = exchange
  for (const observe of deps.observers)
    observe({ kind: 'request_started', requestId, dialect: dialect.name, atMs: deps.clock.now() })
  deps.retryBudget.request(deps.clock.now())
  deps.hedgeBudget.request(deps.clock.now())

  const planned = deps.plan({ request, hints }, config)
  if (!planned.ok) return closeUnplanned(exchange, planned.error, deps)
  const plan = exchange.operation === undefined ? planned.value : stepsFor(exchange.operation, planned.value)

  const reserved = deps.reserve?.(exchange, plan)
  const refusal = reserved instanceof Promise ? await reserved : reserved
  if (refusal !== undefined) return closeRefused(exchange, plan.route, refusal, deps)

  const run = openRun(exchange, plan, config, deps)
  exchange.client.onGone(() => clientGone(run))
  await tryTargets(run)
}

/**
 * The steps that can serve an operation; of vectors only those of the first one's model, wherever it is served:
 * `a/text-embedding-3` and `b/vendor/text-embedding-3` are one.
 */
function stepsFor(operation: Operation, plan: Plan): Plan {
  const able = plan.steps.filter(({ target }) => operation.servedBy(target.dialect))
  const [first] = able
  // Nobody can: the first one's refusal tells why.
  if (first === undefined) return plan
  const nameOf = ({ target }: Plan['steps'][number]): string => target.model.slice(target.model.lastIndexOf('/') + 1)
  return { ...plan, steps: operation.sameModel ? able.filter((step) => nameOf(step) === nameOf(first)) : able }
}

async function tryTargets(run: Run): Promise<void> {
  let empty: AttemptEnd | undefined
  let candidate = firstCandidate(run)
  while (candidate !== undefined) {
    const { end, candidate: tried } = await tryHedged(run, candidate)
    if (run.presence.gone) return closeGone(run)
    if (end.result.kind !== 'failed') return closeAnswered(run, end.result)
    if (end.result.empty !== undefined) empty = end
    candidate = await afterFailure(run, tried, end.result.failure)
    if (run.presence.gone) return closeGone(run)
  }
  // An empty answer is better than none, once every other target has been asked.
  const last = run.record.failures.at(-1)?.failure
  if (empty !== undefined && last?.code === 'empty_answer') return closeEmpty(run, empty)
  closeFailed(run)
}

async function afterFailure(run: Run, candidate: Candidate, failure: Failure): Promise<Candidate | undefined> {
  const { out, exchange, policy } = run
  if (run.record.relayed) return undefined
  if (out?.committed() !== true) return withoutSignatures(run, candidate, failure) ?? followPolicy(run, candidate, failure)
  // Something was sent: only a continuation can still save the answer.
  if (policy.stream.on_break !== 'continue' || !canContinue(exchange.request, out.seen)) return undefined
  if (run.record.attempts.length >= policy.retry.attempts + 1) return undefined
  const next = nextToContinue(run, candidate, failure)
  if (next === undefined) return undefined
  if (run.record.continuations++ === 0) out.takeOver()
  tell(run, {
    kind: 'failover',
    requestId: exchange.requestId,
    route: run.plan.route,
    from: candidate.target,
    to: next.target,
    reason: failure.kind,
    waitMs: 0,
  })
  return next
}
