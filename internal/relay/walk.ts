import type { Failure } from '#canonical/failure.ts'
import type { Plan, Step, Target } from '#canonical/plan.ts'
import type { ContinuationForm } from './continue.ts'
import type { Run } from './run.ts'

/** The next attempt to make. */
export type Candidate = {
  /** Its place in the plan. */
  readonly index: number
  readonly target: Target
  /** The key of the provider's pool. */
  readonly keyIndex: number
  /** Set when a broken answer is to be continued. */
  readonly continuation?: ContinuationForm
}

/** The plan's first target that may take traffic now; if none may, the first of all: the least bad is tried rather than nobody. */
export function firstCandidate(run: Run): Candidate | undefined {
  return nextCandidate(run, -1) ?? asCandidate(run, 0)
}

/** The next target after this place in the plan that may take traffic and is accepted. */
export function nextCandidate(run: Run, after: number, accept: (target: Target) => boolean = () => true): Candidate | undefined {
  const { steps } = run.plan
  // After a failure a target whose traffic returns in steps takes the request, whatever its share: the alternative is an error.
  const rescue = run.record.attempts.length > 0 ? 'rescue' : undefined
  for (let index = after + 1; index < steps.length; index++) {
    const step = steps[index]
    if (step === undefined || !accept(step.target)) continue
    const { target } = step
    const nowMs = run.deps.clock.now()
    const keyIndex = freeKey(run, target, nowMs)
    if (keyIndex === undefined) continue
    if (run.deps.health.admit(target, nowMs, rescue) === 'refused' && step.keptIn !== true) continue
    return { index, target, keyIndex }
  }
  return undefined
}

/** Whether there is such a target, without booking it: a target on trial takes one request at a time. */
export function hasCandidate(run: Run, accept: (target: Target) => boolean): boolean {
  const snapshot = run.deps.health.snapshot(run.deps.clock.now())
  const mayBeAsked = ({ target, keptIn }: Step): boolean =>
    accept(target) && freeKey(run, target) !== undefined && (keptIn === true || snapshot.of(target.id).admit !== 'refused')
  return run.plan.steps.some(mayBeAsked) || lastResort(run, accept) !== undefined
}

/**
 * When no step may be asked: of the targets that only their breaker keeps out the one that is soonest good, rather one that
 * this request has not asked. Without it an error is certain. Who told us to wait is left in peace.
 */
export function lastResort(run: Run, accept: (target: Target) => boolean = () => true): Candidate | undefined {
  const { deps, record, plan } = run
  const nowMs = deps.clock.now()
  const snapshot = deps.health.snapshot(nowMs)
  const waiting = stepsOf(plan)
    .map(({ target }) => target)
    .filter((target) => accept(target) && snapshot.of(target.id).breaker !== 'closed')
  const untried = waiting.filter((target) => !record.attempts.some((asked) => asked.target === target.id))
  const target = deps.health.leastBad(untried.length > 0 ? untried : waiting, nowMs)
  const keyIndex = target === undefined ? undefined : freeKey(run, target)
  if (target === undefined || keyIndex === undefined) return undefined
  return { index: stepsOf(plan).findIndex((step) => step.target.id === target.id), target, keyIndex }
}

/** The step of a candidate; the spares are counted behind the others. */
export function stepAt(plan: Plan, index: number): Step | undefined {
  return stepsOf(plan)[index]
}

function stepsOf({ steps, spares }: Plan): readonly Step[] {
  return spares === undefined ? steps : [...steps, ...spares]
}

/** The same target once more, with another key where one is free. */
export function sameCandidate(run: Run, candidate: Candidate): Candidate {
  return { ...candidate, keyIndex: freeKey(run, candidate.target) ?? candidate.keyIndex }
}

/** Whether another key of the same provider could take the request. */
export function hasOtherKey(run: Run, candidate: Candidate): boolean {
  const free = freeKey(run, candidate.target)
  return free !== undefined && free !== candidate.keyIndex
}

/**
 * Who continues a broken answer. A target that refused to be prefilled is told in words instead; else the plan goes on; the
 * last one is asked again, unless it fell silent.
 */
export function nextToContinue(run: Run, candidate: Candidate, failure: Failure): Candidate | undefined {
  if (candidate.continuation === 'prefill' && failure.kind === 'invalid_request')
    return { ...candidate, continuation: 'instruction' }
  const isOther = (target: Target): boolean => target.id !== candidate.target.id
  const next = nextCandidate(run, candidate.index) ?? nextCandidate(run, -1, isOther)
  if (next !== undefined) return { ...next, continuation: formFor(run, next.target) }
  if (breaksOnly.has(failure.kind)) return { ...sameCandidate(run, candidate), continuation: formFor(run, candidate.target) }
  const spare = lastResort(run, isOther)
  return spare === undefined ? undefined : { ...spare, continuation: formFor(run, spare.target) }
}

// Faults of one connection or one answer: the next one of the same target may well be sound.
const breaksOnly: ReadonlySet<Failure['kind']> = new Set(['network', 'malformed', 'server', 'overloaded'])

function formFor(run: Run, target: Target): ContinuationForm {
  const provider = run.config.providers.get(target.provider)
  return provider?.type.traitsOf(target.model).prefill === true ? 'prefill' : 'instruction'
}

function asCandidate(run: Run, index: number): Candidate | undefined {
  const target = run.plan.steps[index]?.target
  return target === undefined ? undefined : { index, target, keyIndex: freeKey(run, target) ?? 0 }
}

/** A provider without keys has one unnamed key, number 0. */
function freeKey(run: Run, target: Target, nowMs = run.deps.clock.now()): number | undefined {
  const keys = run.config.providers.get(target.provider)?.keys.length ?? 0
  return keys === 0 ? 0 : run.deps.health.pickKey(target.provider, keys, nowMs, target.id)
}
