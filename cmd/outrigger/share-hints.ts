import { readHint } from '#health/hints.ts'
import type { Health } from '#health/registry.ts'
import type { Clock } from '#lib/clock.ts'
import type { Bus } from '#state/bus.ts'
import type { Logger } from '#telemetry/log.ts'

export type ShareHintsDeps = {
  readonly bus: Bus | undefined
  readonly health: Pick<Health, 'onHint' | 'hear' | 'openTargets'>
  readonly clock: Clock
  readonly log: Logger
}

/** Tells the other instances what this one learnt the hard way, and hears the same of them. */
export function shareHints({ bus, health, clock, log }: ShareHintsDeps): void {
  if (bus === undefined) return
  health.onHint(bus.publish)
  bus.onNew(() => {
    for (const hint of health.openTargets(clock.now())) bus.publish(hint)
  })
  bus.onMessage((message, from) => {
    const hint = readHint(message)
    if (hint === undefined) return
    log.debug({ hint }, 'hint of another instance')
    health.hear(hint, { from, others: bus.others() }, clock.now())
  })
}
