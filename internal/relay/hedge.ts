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

/** Why one more attempt is made: the first is slower than usual, or nobody would wait longer for a whole answer. */
type Why = 'hedge' | 'answer'

/**
 * One attempt, and a second one at the next target when the first is silent for longer than usual ("The Tail at Scale",
 * Dean and Barroso 2013). The first to have content goes on alone; the other is ended and leaves no trace at the client.
 */
export async function tryHedged(run: Run, candidate: Candidate, patience: Patience): Promise<Tried> {
  // Most requests are answered before anybody loses patience: until then there is nothing but a timer.
  let race: Race | undefined
  const startBeside = (why: Why): void => {
    race ??= openRace(run, candidate, patience)
    race.startBeside(why)
  }
  const stopHedge = whenSilent(run, 'hedge', patience, startBeside)
  const stopAnswer = whenSilent(run, 'answer', patience, startBeside)
  const end = await tryTarget(run, candidate)
  stopHedge()
  const tried = race === undefined ? { end, candidate } : await settle(race, run, { end, candidate })
  stopAnswer()
  return tried
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
    else act()
  }
  const act = (): void => {
    call(why)
    if (why === 'answer') cancel = clock.after(lookAgainMs, act)
  }
  let cancel = clock.after(patienceMs, look)
  return () => cancel()
}

type Race = {
  /** What runs is slow: starts one more, if there is a good place for it and it may cost that much. */
  readonly startBeside: (why: Why) => void
  /** The first has ended. Gives the others, when they have ended too; until then one that is silent may get one more beside it. */
  readonly others: () => Promise<readonly Lane[]>
  /** This one answers; the others are ended at once. The first call counts. */
  readonly win: (lane: Run) => void
  readonly winner: () => Run | undefined
}

function openRace(run: Run, first: Candidate, patience: Patience): Race {
  const race = createRace(run, first, patience)
  run.onCommit = () => race.win(run)
  return race
}

/** An attempt that runs beside the first. */
type Beside = { readonly run: Run; readonly candidate: Candidate }

function createRace(run: Run, first: Candidate, patience: Patience): Race {
  const lanes: Promise<Lane>[] = []
  const starting: Promise<void>[] = []
  // In the order of their start.
  const beside: Beside[] = []
  let winner: Run | undefined
  let firstEnded = false

  const win = (winning: Run): void => {
    if (winner !== undefined) return
    winner = winning
    const at = beside.findIndex((lane) => lane.run === winning)
    const won = beside[at]
    if (won !== undefined) for (const lane of [{ run, candidate: first }, ...beside.slice(0, at)]) leaveSlow(lane, won, patience)
    for (const lane of beside.slice(at + 1)) lane.run.attempt?.abandon('surplus')
  }
  const isWanted = (why: Why): boolean => {
    if (winner !== undefined || !isSilent(run)) return false
    const youngest = beside.at(-1)
    // One that is silent too is not all there is to wait for; for a hedge one is enough.
    return youngest === undefined ? !firstEnded : why === 'answer' && isPastAnswer(youngest.run, patience)
  }
  const runBeside = async (lane: Beside, sent: Promise<AttemptEnd>): Promise<Lane> => {
    const end = await sent
    if (end.result.kind !== 'failed') win(lane.run)
    beside.splice(beside.indexOf(lane), 1)
    return { ...lane, end }
  }
  const start = async (why: Why): Promise<void> => {
    const candidate = isWanted(why) ? nextBeside(run, first, beside) : undefined
    if (candidate === undefined) return
    const prepared = await prepareFor(run, candidate, providerOf(run, candidate))
    if (!prepared.ok || !isWanted(why) || !mayCost(run, why, first, candidate)) return
    const lane: Beside = { run: openLane(run, win), candidate }
    beside.push(lane)
    const ran = runBeside(lane, tryPrepared(lane.run, candidate, prepared.value))
    ran.catch(() => {})
    lanes.push(ran)
  }
  return {
    win,
    winner: () => winner,
    async others() {
      firstEnded = true
      for (let known = -1; known < starting.length; ) {
        known = starting.length
        await Promise.all(starting)
        await Promise.all(lanes)
      }
      return Promise.all(lanes)
    },
    startBeside(why) {
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
 * Another target was quicker. One that was silent for longer than anybody would wait has timed out; since it may only be slow, it
 * is listened to on, so that its next answers are waited for.
 */
function leaveSlow({ run, candidate }: Beside, won: Beside, patience: Patience): void {
  const { deps, exchange, plan, attempt } = run
  if (!isPastAnswer(run, patience)) return attempt?.abandon('slow')
  const startedMs = startOf(run)
  const message = `no answer within ${Math.round(deps.clock.now() - startedMs)} ms, and another target has given one`
  const failure: Failure = { kind: 'timeout', phase: 'headers', message }
  const { requestId } = exchange
  const { route } = plan
  const { target: from } = candidate
  tell(run, { kind: 'failover', requestId, route, from, to: won.candidate.target, reason: 'timeout', waitMs: 0 })
  attempt?.cancel(failure, deps.health.listenOn(from, startedMs))
}

/** Whether the attempt is silent for longer than anybody would wait for a whole answer. */
function isPastAnswer(run: Run, { answerMs }: Patience): boolean {
  return answerMs !== undefined && run.deps.clock.now() - startOf(run) >= answerMs
}

function startOf({ record, deps }: Run): number {
  return record.attemptStartedMs ?? deps.clock.now()
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

/** The next target of the plan that is in good health: an attempt beside another is no trial of a doubtful one. */
function nextBeside(run: Run, first: Candidate, beside: readonly Beside[]): Candidate | undefined {
  const { record, deps } = run
  const health = deps.health.snapshot(deps.clock.now())
  const failed = new Set(record.failures.map(({ target }) => target.id))
  const asked = new Set([first, ...beside.map(({ candidate }) => candidate)].map(({ target }) => target.id))
  const accept = ({ id }: Target): boolean => {
    const { breaker, admit } = health.of(id)
    return !asked.has(id) && !failed.has(id) && breaker === 'closed' && admit === 'normal'
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
