import type { Result } from '#lib/result.ts'
import type { Config } from './config.ts'
import type { Loaded } from './load.ts'
import { formatProblem, type Problem } from './problem.ts'

/** Why the file was read: it changed, somebody asked (SIGHUP), or the start. */
export type ReloadReason = 'start' | 'file' | 'signal' | 'guard'

/** What the last reload came to. */
export type ReloadState = {
  /** Milliseconds since the epoch. */
  readonly atMs: number
  readonly ok: boolean
  readonly reason: ReloadReason
  /** One line each, with their places; why a file was refused, or the warnings of one that was taken. */
  readonly problems: readonly string[]
}

export type Current = {
  readonly get: () => Config
  /**
   * Reads the file again. All or nothing: a file with errors changes nothing. `unchanged` when it and what `${…}` gives are
   * what is loaded. The reason is for logs; default `file`.
   */
  readonly reload: (reason?: ReloadReason) => 'taken' | 'refused' | 'unchanged'
  /** Takes the configuration before the last one again, and lets the present file be until it changes. False without one. */
  readonly rollBack: () => boolean
  /** Lets the file be as long as it is this one (`fileIdOf`), in place of any that was let be before; undefined: takes any. */
  readonly avoid: (id: string | undefined) => void
  readonly lastReload: () => ReloadState
  /** How many reloads were taken and refused. */
  readonly counts: () => { readonly taken: number; readonly refused: number }
  /** Hears of every reload that was taken or refused; gives what ends that. */
  readonly subscribe: (listener: (state: ReloadState, config: Config) => void) => () => void
}

/** Reads the routing file. */
export type Load = () => Result<Loaded, readonly Problem[]>

/** The live configuration. Who asks keeps what it got: a request ends on the configuration that it began with. */
export function createCurrent(initial: Config, load: Load, nowMs: () => number): Current {
  let config = initial
  let before: Config | undefined
  let rejected: string | undefined
  let state: ReloadState = { atMs: nowMs(), ok: true, reason: 'start', problems: [] }
  const counts = { taken: 0, refused: 0 }
  const listeners = new Set<(state: ReloadState, config: Config) => void>()

  const settle = (next: Omit<ReloadState, 'atMs'>): void => {
    state = { ...next, atMs: nowMs() }
    counts[next.ok ? 'taken' : 'refused']++
    for (const listener of listeners) listener(state, config)
  }
  const take = ({ config: next, warnings }: Loaded, reason: ReloadReason): 'taken' | 'unchanged' => {
    if (fileIdOf(next) === rejected) return 'unchanged'
    if (sameFile(next, config) && state.ok) return 'unchanged'
    // A refused file that was put right again is no step forward: the guard would have nothing to go back to.
    if (!sameFile(next, config)) before = config
    config = next
    rejected = undefined
    settle({ ok: true, reason, problems: warnings.map(formatProblem) })
    return 'taken'
  }
  const refuse = (error: readonly Problem[], reason: ReloadReason): 'refused' | 'unchanged' => {
    const problems = error.map(formatProblem)
    // The same bad file, read again, is not told again.
    if (!state.ok && problems.join('\n') === state.problems.join('\n')) return 'unchanged'
    settle({ ok: false, reason, problems })
    return 'refused'
  }
  return {
    get: () => config,
    reload(reason = 'file') {
      const loaded = load()
      return loaded.ok ? take(loaded.value, reason) : refuse(loaded.error, reason)
    },
    rollBack() {
      if (before === undefined) return false
      rejected = fileIdOf(config)
      config = before
      before = undefined
      settle({ ok: true, reason: 'guard', problems: [] })
      return true
    },
    avoid(id) {
      rejected = id
    },
    lastReload: () => state,
    counts: () => ({ ...counts }),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function sameFile(left: Config, right: Config): boolean {
  return fileIdOf(left) === fileIdOf(right)
}

/** Names a state of the routing file and of what fills it, in this process and in those that have its salt. */
export function fileIdOf({ digest, filledDigest }: Pick<Config, 'digest' | 'filledDigest'>): string {
  return `${digest()}.${filledDigest()}`
}
