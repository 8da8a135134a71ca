import type { Price, Target } from '#canonical/plan.ts'
import type { Config } from '#config/config.ts'

/** The price of a target: the routing file's. Undefined where none is known, which is not the same as nothing. */
export function priceOf(_config: () => Config): (target: Target) => Price | undefined {
  return (target) => target.price
}
