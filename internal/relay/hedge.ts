import type { Failure } from '#canonical/failure.ts'
import type { Target } from '#canonical/plan.ts'
import type { AttemptEnd } from './attempt.ts'
import { actionOn } from './decide.ts'
import { mayMove } from './follow-policy.ts'
import type { Patience } from './patience.ts'
import { prepareFor } from './prepare-for.ts'
import { leftMs, openOut, type Run, tell } from './run.ts'
import { providerOf, tryPrepared, tryTarget } from './try-target.ts'
import { type Candidate, nextCandidate } from './walk.ts'

/** How an attempt ended, and which one it was. */
export type Tried = { readonly end: AttemptEnd; readonly candidate: Candidate }

/** One of the attempts that ran beside the first. */
type Lane = Tried & { readonly run: Run }

/** Why a second attempt is made: the first is slower than usual, or nobody would wait longer for its whole answer. */
type Why = 'hedge' | 'answer'

/**
 * One attempt, and a second one at the next target when the first is silent for longer than usual ("The Tail at Scale",
 * Dean and Barroso 2013). The first to have content goes on alone; the other is ended and leaves no trace at the client.
 */
export async function tryHedged(run: Run, candidate: Candidate, patience: Patience): Promise<Tried> {
  // Most requests are answered before anybody loses patience: until then there is nothing but a timer.
  let race: Race | undefined
  const startSecond = (why: Why): void => {
    race ??= openRace(run, candidate, patience)
    race.startSecond(why)
  }
  const stopHedge = whenSilent(run, 'hedge', patience, startSecond)
  const stopAnswer = whenSilent(run, 'answer', patience, startSecond)
  const end = await tryTarget(run, candidate)
  stopHedge()
  stopAnswer()
  return race === undefined ? { end, candidate } : await settle(race, run, { end, candidate })
}

/** The first has ended, by itself or since another won: which of them goes on. */
async function settle(race: Race, run: Run, first: Tried): Promise<Tried> {
  const { clock } = run.deps
  const endedMs = clock.now()
  if (isFinal(run, first.end)) race.win(run)
  const others = await race.others()
  const winner = others.find((lane) => lane.run === race.winner())
  if (winner === undefined) {
    if (others.length > 0) run.record.waitedMs += clock.now() - endedMs
    return first
  }
  run.record = winner.run.record
  if (winner.run.out !== undefined) run.out = winner.run.out
  return { end: winner.end, candidate: winner.candidate }
}

const nothing = (): void => {}

// Until it is looked again whether a second attempt may be made.
const lookAgainMs = 1000

/**
 * Calls when the attempt under way has lasted that long; the download of media before it does not count. A hedge is made then
 * or never; for who waits for a whole answer it is looked again and again, since what forbids a second one may be over soon.
 */
function whenSilent({ record, deps }: Run, why: Why, patience: Patience, call: (why: Why) => void): () => void {
  const { clock } = deps
  const patienceMs = patience[`${why}Ms`]
  if (patienceMs === undefined) return nothing
  const look = (): void => {
    const waitMs = (record.attemptStartedMs ?? clock.now()) + patienceMs - clock.now()
    if (waitMs > 0) cancel = clock.after(waitMs, look)
    else {
      call(why)
      if (why === 'answer') cancel = clock.after(lookAgainMs, look)
    }
  }
  let cancel = clock.after(patienceMs, look)
  return () => cancel()
}

type Race = {
  /** The first is slow: starts a second one, if there is a good place for it and it may cost that much. */
  readonly startSecond: (why: Why) => void
  /** The first has ended: no second one is started any more. Gives those that were, when they have ended too. */
  readonly others: () => Promise<readonly Lane[]>
  /** This one answers; the other is ended at once. The first call counts. */
  readonly win: (lane: Run) => void
  readonly winner: () => Run | undefined
}

function openRace(run: Run, first: Candidate, patience: Patience): Race {
  const race = createRace(run, first, patience)
  run.onCommit = () => race.win(run)
  return race
}

function createRace(run: Run, first: Candidate, patience: Patience): Race {
  const lanes: Promise<Lane>[] = []
  const starting: Promise<void>[] = []
  let second: { readonly run: Run; readonly candidate: Candidate } | undefined
  let winner: Run | undefined
  let over = false

  const win = (winning: Run): void => {
    if (winner !== undefined) return
    winner = winning
    if (winning === run) second?.run.attempt?.abandon('surplus')
    else if (second !== undefined) leaveFirst(run, first, second.candidate, patience)
  }
  const isWanted = (): boolean => !over && winner === undefined && second === undefined && isSilent(run)
  const runSecond = async (lane: Run, candidate: Candidate, sent: Promise<AttemptEnd>): Promise<Lane> => {
    const end = await sent
    if (end.result.kind !== 'failed') win(lane)
    second = undefined
    return { run: lane, candidate, end }
  }
  const start = async (why: Why): Promise<void> => {
    const candidate = isWanted() ? secondCandidate(run, first) : undefined
    if (candidate === undefined) return
    const prepared = await prepareFor(run, candidate, providerOf(run, candidate))
    if (!prepared.ok || !isWanted() || !mayCost(run, why, first, candidate)) return
    const lane = openLane(run, win)
    second = { run: lane, candidate }
    const sent = tryPrepared(lane, candidate, prepared.value)
    const ran = runSecond(lane, candidate, sent)
    ran.catch(() => {})
    lanes.push(ran)
  }
  return {
    win,
    winner: () => winner,
    async others() {
      over = true
      await Promise.all(starting)
      return Promise.all(lanes)
    },
    startSecond(why) {
      const started = start(why)
      // It is awaited when the first has ended, and fails there; until then nobody else hears of it.
      started.catch(() => {})
      starting.push(started)
    },
  }
}

function mayCost(run: Run, why: Why, first: Candidate, candidate: Candidate): boolean {
  const { hedgeBudget, clock } = run.deps
  return why === 'hedge' ? hedgeBudget.tryHedge(clock.now()) : mayMove(run, first, candidate)
}

/**
 * Another target was quicker. A first one that was silent for longer than anybody would wait has timed out; since it may only
 * be slow, it is listened to on, so that its next answers are waited for.
 */
function leaveFirst(run: Run, first: Candidate, to: Candidate, { answerMs }: Patience): void {
  const { deps, exchange, plan, record, attempt } = run
  const nowMs = deps.clock.now()
  const startedMs = record.attemptStartedMs ?? nowMs
  const silentMs = nowMs - startedMs
  if (answerMs === undefined || silentMs < answerMs) return attempt?.abandon('slow')
  const message = `no answer within ${Math.round(silentMs)} ms, and another target has given one`
  const failure: Failure = { kind: 'timeout', phase: 'headers', message }
  const { requestId } = exchange
  const { route } = plan
  tell(run, { kind: 'failover', requestId, route, from: first.target, to: to.target, reason: 'timeout', waitMs: 0 })
  attempt?.cancel(failure, deps.health.listenOn(first.target, startedMs))
}

/** What another attempt has of its own; attempts and failures are written into the same lists. */
function openLane(run: Run, win: (lane: Run) => void): Run {
  const { record, deps } = run
  const nowMs = deps.clock.now()
  const waitedMs = record.waitedMs + nowMs - (record.attemptStartedMs ?? nowMs)
  const lane: Run = { ...run, record: { ...record, waitedMs }, attempt: undefined, onCommit: () => win(lane) }
  if (run.out !== undefined) lane.out = openOut(lane)
  return lane
}

/** The next target of the plan that is in good health: a second attempt is no trial of a doubtful one. */
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
