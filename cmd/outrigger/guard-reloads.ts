import type { Observer } from '#canonical/observe.ts'
import { type Current, fileIdOf } from '#config/current.ts'
import type { Alerts } from '#health/alerts.ts'
import { createReloadGuard, worseText } from '#health/reload-guard.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#telemetry/log.ts'

export type GuardDeps = {
  readonly current: Current
  readonly clock: Clock
  readonly log: Logger
  readonly alerts: Pick<Alerts, 'raise' | 'clear'>
  /** Hears of a reload that was taken back here by this guard: which (`fileIdOf`), and why. */
  readonly onTakenBack?: ((id: string, reason: string) => void) | undefined
  /** Hears of one that was watched to the end and stays. */
  readonly onKept?: ((id: string) => void) | undefined
}

export type Guard = {
  readonly observe: Observer
  /** Another worker took this file back: it is taken back here too, or not taken. */
  readonly takeBack: (id: string, reason: string) => void
  /** Whether the configuration in use is still being watched. */
  readonly watches: () => boolean
  readonly stop: () => void
}

const lookMs = 1000

/** Takes a reload back that makes things clearly worse, where the file asks for it. */
export function guardReloads({ current, clock, log, alerts, onTakenBack, onKept }: GuardDeps): Guard {
  const guard = createReloadGuard()
  let cancel = (): void => {}
  let watched = false

  const end = (): void => {
    cancel()
    watched = false
    guard.end()
  }
  const takeBack = (reason: string): boolean => {
    end()
    const { path } = current.get()
    if (!current.rollBack()) return false
    log.error({ config: path, reason }, 'reload taken back: the file before it is in use until the file changes again')
    alerts.raise('config_refused', path, `the new file was taken back: ${reason}`)
    return true
  }
  const look = (untilMs: number): void => {
    const worse = guard.judge(clock.now())
    const id = fileIdOf(current.get())
    if (worse !== undefined) {
      const reason = worseText(worse)
      // Without one to go back to it stays.
      return takeBack(reason) ? onTakenBack?.(id, reason) : onKept?.(id)
    }
    if (clock.now() >= untilMs) {
      end()
      return onKept?.(id)
    }
    cancel = clock.after(lookMs, () => look(untilMs), 'background')
  }
  const unsubscribe = current.subscribe((state, config) => {
    // A file that is refused changes nothing: what is watched stays so.
    if (!state.ok) return
    cancel()
    const forMs = config.reload.guard
    if (state.reason === 'guard' || forMs === undefined) return end()
    watched = true
    guard.begin(clock.now(), forMs)
    look(clock.now() + forMs)
  })
  return {
    observe: guard.observe,
    takeBack(id, reason) {
      if (id === fileIdOf(current.get())) takeBack(reason)
      else current.avoid(id)
    },
    watches: () => watched,
    stop() {
      unsubscribe()
      cancel()
    },
  }
}
