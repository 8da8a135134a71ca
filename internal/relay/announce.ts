import type { RelayEvent } from '#canonical/observe.ts'
import type { RelayDeps } from './deps.ts'
import type { Exchange } from './exchange.ts'

/** Tells everybody who hears of this request; its own trace last, so that it knows what the others made of the event. */
export function announce(
  exchange: Pick<Exchange, 'trace'>,
  { observers }: Pick<RelayDeps, 'observers'>,
  event: RelayEvent,
): void {
  for (const observe of observers) observe(event)
  exchange.trace?.observe(event)
}
