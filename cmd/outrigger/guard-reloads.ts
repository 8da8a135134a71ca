import type { Observer } from '#canonical/observe.ts'
import type { Current } from '#config/current.ts'
import type { Alerts } from '#health/alerts.ts'
import { createReloadGuard, worseText } from '#health/reload-guard.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#telemetry/log.ts'

export type GuardDeps = {
  readonly current: Current
  readonly clock: Clock
  readonly log: Logger
  readonly alerts: Pick<Alerts, 'raise' | 'clear'>
  /** Hears of a reload that was taken back here: the digest of the refused file, and why. */
  readonly tell?: ((digest: string, reason: string) => void) | undefined
}

export type Guard = {
  readonly observe: Observer
  /** Another worker took this file back: all of them go together. */
  readonly takeBack: (digest: string, reason: string) => void
  readonly stop: () => void
}

const lookMs = 1000

/** Takes a reload back that makes things clearly worse, where the file asks for it. */
export function guardReloads({ current, clock, log, alerts, tell }: GuardDeps): Guard {
  const guard = createReloadGuard()
  let cancel = (): void => {}

  const takeBack = (reason: string): void => {
    cancel()
    guard.end()
    const { path, digest } = current.get()
    if (!current.rollBack()) return
    tell?.(digest, reason)
    log.error({ config: path, reason }, 'reload taken back: the file before it is in use until the file changes again')
    alerts.raise('config_refused', path, `the new file was taken back: ${reason}`)
  }
  const look = (untilMs: number): void => {
    const worse = guard.judge(clock.now())
    if (worse !== undefined) return takeBack(worseText(worse))
    if (clock.now() >= untilMs) return guard.end()
    cancel = clock.after(lookMs, () => look(untilMs), 'background')
  }
  const unsubscribe = current.subscribe((state, config) => {
    cancel()
    const forMs = config.reload.guard
    if (!state.ok || state.reason === 'guard' || forMs === undefined) return guard.end()
    guard.begin(clock.now(), forMs)
    look(clock.now() + forMs)
  })
  return {
    observe: guard.observe,
    takeBack(digest, reason) {
      if (digest === current.get().digest) takeBack(reason)
    },
    stop() {
      unsubscribe()
      cancel()
    },
  }
}
