import type { ReloadReason } from '#config/current.ts'
import type { FileTexts } from '#config/load.ts'

/** A state of the routing file and of what it names; `id` as `fileIdOf` gives it. */
export type FileVersion = { readonly id: string; readonly texts: FileTexts }

/** What a worker is to do in its turn: read the files, or take what another one has read of them. */
export type Turn =
  | { readonly reason: ReloadReason; readonly texts?: undefined }
  | {
      readonly reason: ReloadReason
      readonly texts: FileTexts
      /** What a guard has taken back, and what is to be let be when it reads the files itself. */
      readonly avoid: string | undefined
    }

/** What a worker came to in its turn. */
export type TurnEnd = {
  /** What it has now. */
  readonly id: string
  /** What it took from the files; left out when it took nothing new, or was given what to take. */
  readonly texts?: FileTexts | undefined
  /** Whether its guard watches what it has now, so that it may still be taken back. */
  readonly watched: boolean
}

/** Why a worker is no longer counted on. */
export type Leaving = 'died' | 'drains'

/**
 * One worker after the other takes a new configuration. The first reads the files: what it refuses, or what its guard takes back,
 * no other takes. What it took the others are given, so that all have the same whatever the files hold by then.
 */
export type ReloadTurns = {
  /** What a worker that begins should start with. */
  readonly startWith: () => { readonly version: FileVersion; readonly avoid: string | undefined }
  /** A worker serves now; it started with this version. */
  readonly joined: (worker: number, id: string) => void
  readonly left: (worker: number, why: Leaving) => void
  /** The files may have changed. */
  readonly want: (reason: ReloadReason) => void
  /** A worker is done with its turn. */
  readonly done: (worker: number, end: TurnEnd) => void
  /** A worker's guard has watched to the end, and this version stays. */
  readonly kept: (worker: number, id: string) => void
  /** A worker's guard has taken this version back. */
  readonly takenBack: (worker: number, id: string, reason: string) => void
}

export type ReloadTurnsDeps = {
  readonly give: (worker: number, turn: Turn) => void
  /** Lets a worker know what another one's guard has taken back. */
  readonly tellTakenBack: (worker: number, id: string, reason: string) => void
  readonly after: (ms: number, call: () => void) => () => void
  /** Every worker has this version. */
  readonly onSettled: (version: FileVersion) => void
  /** This worker has not answered in its turn, or nobody survives reading the files: for the log. */
  readonly onTrouble: (what: string, worker: number) => void
}

// Thousands of clients are read within a second; a worker that is this late hangs, and the others go on without it.
const longestTurnMs = 15_000
// What two workers did not survive is left until the files change again.
const mostDeaths = 2

/** `gives`: the version that it is given; undefined: it reads the files. */
type Running = {
  readonly worker: number
  readonly reason: ReloadReason
  readonly gives: FileVersion | undefined
  readonly cancel: () => void
}

type State = {
  /** What each worker has. The lowest number has been there longest. */
  readonly members: Map<number, string>
  /** Those that get no turn: `late` until it answers, `unable` to take what the first took until the files may have changed. */
  readonly aside: Map<number, 'late' | 'unable'>
  /** What all have, or are to have. */
  good: FileVersion
  before: FileVersion | undefined
  /** What a guard has taken back. */
  avoid: string | undefined
  /** The last version that all had. */
  settled: string
  wanted: ReloadReason | undefined
  deaths: number
  running: Running | undefined
  /** The first that has a new version, while its guard watches. */
  canary: { readonly worker: number; readonly version: FileVersion } | undefined
}

export function createReloadTurns(initial: FileVersion, deps: ReloadTurnsDeps): ReloadTurns {
  const state: State = {
    members: new Map(),
    aside: new Map(),
    good: initial,
    before: undefined,
    avoid: undefined,
    settled: initial.id,
    wanted: undefined,
    deaths: 0,
    running: undefined,
    canary: undefined,
  }
  return {
    startWith: () => ({ version: state.good, avoid: state.avoid }),
    joined(worker, id) {
      state.members.set(worker, id)
      step(state, deps)
    },
    left(worker, why) {
      state.members.delete(worker)
      state.aside.delete(worker)
      if (lose(state, worker) && why === 'died' && ++state.deaths >= mostDeaths) {
        state.wanted = undefined
        deps.onTrouble('workers end while they take the new file: it is left until it changes again', worker)
      }
      step(state, deps)
    },
    want(reason) {
      if (reason !== 'start') state.deaths = 0
      if (state.deaths >= mostDeaths) return
      for (const [worker, why] of state.aside) if (why === 'unable') state.aside.delete(worker)
      state.wanted = reason === 'start' ? 'file' : reason
      step(state, deps)
    },
    done(worker, end) {
      if (!state.members.has(worker)) return
      settle(state, worker, end)
      step(state, deps)
    },
    kept(worker, id) {
      if (state.canary?.worker !== worker || state.canary.version.id !== id) return
      accept(state, state.canary.version)
      step(state, deps)
    },
    takenBack(worker, id, reason) {
      takeBack(state, worker, id)
      for (const other of state.members.keys()) if (other !== worker) deps.tellTakenBack(other, id, reason)
      step(state, deps)
    },
  }
}

/** Gives the next turn, if there is one to give. */
function step(state: State, deps: ReloadTurnsDeps): void {
  const { members, aside, good, canary, running, wanted } = state
  if (running !== undefined) return
  const present = [...members].filter(([worker]) => !aside.has(worker)).toSorted(([left], [right]) => left - right)
  const first = present.find(([worker]) => worker === canary?.worker) ?? present[0]
  if (wanted !== undefined && first !== undefined) {
    // The first must have what the others have: that is what its guard compares with, and goes back to.
    const isBehind = canary === undefined && first[1] !== good.id
    if (!isBehind) state.wanted = undefined
    return give(state, deps, { worker: first[0], reason: wanted, gives: isBehind ? good : undefined })
  }
  const behind = present.find(([worker, id]) => id !== good.id && worker !== canary?.worker)
  if (behind !== undefined) return give(state, deps, { worker: behind[0], reason: 'file', gives: good })
  if (canary !== undefined || good.id === state.settled || present.length < members.size) return
  state.settled = good.id
  deps.onSettled(good)
}

function give(state: State, deps: ReloadTurnsDeps, turn: Omit<Running, 'cancel'>): void {
  const { worker, reason, gives } = turn
  const cancel = deps.after(longestTurnMs, () => {
    state.aside.set(worker, 'late')
    lose(state, worker)
    deps.onTrouble('worker does not reload: the others go on', worker)
    step(state, deps)
  })
  state.running = { ...turn, cancel }
  deps.give(worker, gives === undefined ? { reason } : { reason, texts: gives.texts, avoid: state.avoid })
}

/** A worker is done, in its turn or too late for it. */
function settle(state: State, worker: number, { id, texts, watched }: TurnEnd): void {
  const { members, aside, running, good } = state
  aside.delete(worker)
  members.set(worker, id)
  if (running?.worker !== worker) {
    // Too late to be the first: the files are read once more.
    if (texts !== undefined) state.wanted ??= 'file'
    return
  }
  running.cancel()
  state.running = undefined
  if (running.gives !== undefined) {
    // It has told why; to give it again would be of no use.
    if (id !== running.gives.id) aside.set(worker, 'unable')
  } else if (texts !== undefined && watched && id !== good.id) state.canary = { worker, version: { id, texts } }
  else if (texts !== undefined) accept(state, { id, texts })
}

function accept(state: State, version: FileVersion): void {
  state.canary = undefined
  state.avoid = undefined
  state.deaths = 0
  if (version.id === state.good.id) return
  state.before = state.good
  state.good = version
}

function takeBack(state: State, worker: number, id: string): void {
  const { members, good, before } = state
  state.avoid = id
  if (state.canary?.worker === worker) state.canary = undefined
  if (good.id === id && before !== undefined) {
    state.good = before
    state.before = undefined
    state.settled = before.id
  }
  // They go back by themselves where they can: what they have then is seen in their next turn.
  for (const [member, has] of members) if (has === id || member === worker) members.set(member, '')
}

/** Ends what depends on this worker, for another one to do. Whether it was the first with something new. */
function lose(state: State, worker: number): boolean {
  const { running, canary } = state
  let isFirst = false
  if (running?.worker === worker) {
    running.cancel()
    state.running = undefined
    isFirst = running.gives === undefined
    if (isFirst) state.wanted ??= running.reason
  }
  if (canary?.worker !== worker) return isFirst
  state.canary = undefined
  state.wanted ??= 'file'
  return true
}
