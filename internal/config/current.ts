import type { Result } from '#lib/result.ts'
import type { Config } from './config.ts'
import type { Loaded } from './load.ts'
import { formatProblem, type Problem } from './problem.ts'

/** What the last reload came to. */
export type ReloadState = {
  /** Milliseconds since the epoch. */
  readonly atMs: number
  readonly ok: boolean
  /** One line each, with their places; why a file was refused. */
  readonly problems: readonly string[]
}

export type Current = {
  readonly get: () => Config
  /** Reads the file again. All or nothing: a file with errors changes nothing. `unchanged` when its text is what is loaded. */
  readonly reload: () => 'taken' | 'refused' | 'unchanged'
  readonly lastReload: () => ReloadState
  /** Hears of every reload that was taken or refused. */
  readonly subscribe: (listener: (state: ReloadState, config: Config) => void) => void
}

/** The live configuration. Who asks keeps what it got: a request ends on the configuration that it began with. */
export function createCurrent(initial: Config, load: () => Result<Loaded, readonly Problem[]>, nowMs: () => number): Current {
  let config = initial
  let state: ReloadState = { atMs: nowMs(), ok: true, problems: [] }
  const listeners: ((state: ReloadState, config: Config) => void)[] = []
  const settle = (next: ReloadState): void => {
    state = next
    for (const listener of listeners) listener(state, config)
  }
  return {
    get: () => config,
    reload() {
      const loaded = load()
      if (loaded.ok) {
        if (loaded.value.config.digest === config.digest && state.ok) return 'unchanged'
        config = loaded.value.config
        settle({ atMs: nowMs(), ok: true, problems: loaded.value.warnings.map(formatProblem) })
        return 'taken'
      }
      const problems = loaded.error.map(formatProblem)
      // The same bad file, read again, is not told again.
      if (!state.ok && problems.join('\n') === state.problems.join('\n')) return 'unchanged'
      settle({ atMs: nowMs(), ok: false, problems })
      return 'refused'
    },
    lastReload: () => state,
    subscribe(listener) {
      listeners.push(listener)
    },
  }
}
