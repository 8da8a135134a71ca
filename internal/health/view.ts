import { type Breaker, stateName } from './breaker.ts'
import type { Admission, TargetHealth } from './snapshot.ts'
import type { TargetState } from './target-state.ts'

/** A target that was never seen. */
export const healthy: TargetHealth = { admit: 'normal', errorRatio: 0, samples: 0, inFlight: 0, share: 1, breaker: 'closed' }

/** Made for each target of each plan: nothing in it is worked out that nobody may ask for. */
export function viewOf(
  state: TargetState,
  { restUntilMs, share, nowMs }: { readonly restUntilMs: number; readonly share: number; readonly nowMs: number },
): TargetHealth {
  const { window, breaker, inFlight } = state
  const untilMs = Math.max(restUntilMs, breakerUntilMs(breaker))
  return {
    admit: admissionOf(breaker, restUntilMs, nowMs),
    restingUntilMs: untilMs > nowMs ? untilMs : undefined,
    errorRatio: window.failedRatio(),
    samples: window.samples(),
    times: window,
    inFlight,
    share: nowMs < restUntilMs ? 0 : share,
    breaker: stateName(breaker),
  }
}

/** Whether breaker and rests let a request through, shares left aside. */
export function admissionOf(breaker: Breaker, restUntilMs: number, nowMs: number): Admission {
  if (nowMs < restUntilMs || breaker.state === 'open') return 'refused'
  if (breaker.state !== 'trial') return 'normal'
  return nowMs < breaker.bookedUntilMs ? 'refused' : 'trial'
}

function breakerUntilMs(breaker: Breaker): number {
  if (breaker.state === 'open') return breaker.untilMs
  return breaker.state === 'trial' ? breaker.bookedUntilMs : 0
}
