import type { Target } from '#canonical/plan.ts'
import type { HedgeConfig } from '#config/config.ts'
import type { AttemptEnd } from './attempt.ts'
import { actionOn } from './decide.ts'
import type { Prepared } from './prepare.ts'
import { prepareFor } from './prepare-for.ts'
import { leftMs, openOut, type Run } from './run.ts'
import { providerOf, tryPrepared, tryTarget } from './try-target.ts'
import { type Candidate, nextCandidate } from './walk.ts'

/** How an attempt ended, and which one it was. */
export type Tried = { readonly end: AttemptEnd; readonly candidate: Candidate }

/** The second of two attempts that ran side by side. */
type Lane = Tried & { readonly run: Run }

const quantiles = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 } as const

/**
 * One attempt, and a second one at the next target when the first is silent for longer than usual ("The Tail at Scale",
 * Dean and Barroso 2013). The first to have content goes on alone; the other is ended and leaves no trace at the client.
 */
export async function tryHedged(run: Run, candidate: Candidate, patience: number): Promise<Tried> {
  const { clock } = run.deps
  const race = createRace(run, candidate)
  const cancel = whenSilent(run, patience, race.startSecond)
  let endedMs = Number.POSITIVE_INFINITY
  run.onCommit = () => race.win(run)
  const runFirst = async (): Promise<AttemptEnd> => {
    const end = await tryTarget(run, candidate)
    cancel()
    endedMs = clock.now()
    if (isFinal(run, end)) race.win(run)
    race.noSecond()
    return end
  }
  const [end, second] = await Promise.all([runFirst(), race.second])
  if (second === undefined) return { end, candidate }
  if (race.winner() !== second.run) {
    run.record.waitedMs += clock.now() - endedMs
    return { end, candidate }
  }
  run.record = second.run.record
  if (second.run.out !== undefined) run.out = second.run.out
  return { end: second.end, candidate: second.candidate }
}

/** Calls when the attempt under way has lasted that long; the download of media before it does not count. */
function whenSilent({ record, deps }: Run, patienceMs: number, call: () => void): () => void {
  const { clock } = deps
  const look = (): void => {
    const leftMs = (record.attemptStartedMs ?? clock.now()) + patienceMs - clock.now()
    if (leftMs <= 0) return call()
    cancel = clock.after(leftMs, look)
  }
  let cancel = clock.after(patienceMs, look)
  return () => cancel()
}

type Race = {
  /** The first is slow: starts a second one, if there is a good place for it and it may cost that much. */
  readonly startSecond: () => void
  /** The second one when it has ended; undefined when none was started. */
  readonly second: Promise<Lane | undefined>
  /** The first has ended: when no second was started, none will be. */
  readonly noSecond: () => void
  /** This one answers; the other is ended at once. The first call counts. */
  readonly win: (lane: Run) => void
  readonly winner: () => Run | undefined
}

function createRace(run: Run, first: Candidate): Race {
  const { promise, resolve, reject } = Promise.withResolvers<Lane | undefined>()
  const { hedgeBudget, clock } = run.deps
  let lane: Run | undefined
  let winner: Run | undefined
  let over = false

  const win = (winning: Run): void => {
    if (winner !== undefined) return
    winner = winning
    if (winning === run) lane?.attempt?.abandon('surplus')
    else run.attempt?.abandon('slow')
  }
  const isWanted = (): boolean => !over && winner === undefined && isSilent(run)
  const runSecond = async (second: Run, candidate: Candidate, prepared: Prepared): Promise<Lane> => {
    const end = await tryPrepared(second, candidate, prepared)
    if (end.result.kind !== 'failed') win(second)
    return { run: second, candidate, end }
  }
  const startSecond = async (): Promise<void> => {
    const candidate = isWanted() ? secondCandidate(run, first) : undefined
    if (candidate === undefined) return
    const prepared = await prepareFor(run, candidate, providerOf(run, candidate))
    if (!prepared.ok || !isWanted() || !hedgeBudget.tryHedge(clock.now())) return
    lane = openLane(run, win)
    resolve(runSecond(lane, candidate, prepared.value))
  }
  return {
    win,
    winner: () => winner,
    second: promise,
    noSecond() {
      over = true
      if (lane === undefined) resolve(undefined)
    },
    startSecond() {
      startSecond().catch(reject)
    },
  }
}

/** What the second attempt has of its own; attempts and failures are written into the same lists. */
function openLane(run: Run, win: (lane: Run) => void): Run {
  const { record, deps } = run
  const nowMs = deps.clock.now()
  const waitedMs = record.waitedMs + nowMs - (record.attemptStartedMs ?? nowMs)
  const lane: Run = { ...run, record: { ...record, waitedMs }, attempt: undefined, onCommit: () => win(lane) }
  if (run.out !== undefined) lane.out = openOut(lane)
  return lane
}

/** How long the first attempt may be silent; undefined when no second one comes into question. */
export function patienceMs(run: Run, { target, continuation }: Candidate): number | undefined {
  const { config, exchange, plan, out, deps } = run
  if (config.hedge === undefined || plan.steps.length < 2 || continuation !== undefined) return undefined
  // Images and the like cost too much to be made twice, and a job in the background has no first token.
  if (exchange.operation !== undefined || exchange.request.state?.background === true) return undefined
  const { after } = config.hedge satisfies HedgeConfig
  if (typeof after === 'number') return after
  return deps.health.usualWaitMs(target, out === undefined ? 'answer' : 'first_token', quantiles[after])
}

/** The next target of the plan that is in good health: a hedge is no trial of a doubtful one. */
function secondCandidate(run: Run, first: Candidate): Candidate | undefined {
  const { record, deps } = run
  const health = deps.health.snapshot(deps.clock.now())
  const failed = new Set(record.failures.map(({ target }) => target.id))
  const accept = ({ id }: Target): boolean => {
    const { breaker, admit } = health.of(id)
    return id !== first.target.id && !failed.has(id) && breaker === 'closed' && admit === 'normal'
  }
  return nextCandidate(run, first.index, accept) ?? nextCandidate(run, -1, accept)
}

/** Whether the client still waits for the first content, and another attempt is allowed. */
function isSilent(run: Run): boolean {
  const { presence, out, record, policy } = run
  if (presence.gone || record.attempts.length >= policy.retry.attempts || leftMs(run) <= 0) return false
  return out === undefined || out.seen.length() === 0
}

/** Whether nothing better may be waited for: an answer, or a refusal that is not to be shopped around. */
function isFinal({ policy }: Run, { result }: AttemptEnd): boolean {
  return result.kind !== 'failed' || actionOn(result.failure.kind, policy.retry) === 'stop'
}
