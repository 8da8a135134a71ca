import type { Attempt } from './attempt.ts'
import type { Run } from './run.ts'
import type { Candidate } from './walk.ts'

// No probe takes less to fail twice; then the provider's probes are looked at again and again.
const firstLookMs = 2000
const lookEveryMs = 1000

/**
 * A whole answer shows no sign of life before it is there, so that its attempt has minutes. But when the provider's probes have
 * failed since, and nobody else has had an answer of it either, waiting is in vain: the attempt ends as a silent one. Gives
 * what ends the watch.
 */
export function leaveDead({ deps, record }: Run, { target }: Candidate, attempt: Attempt): () => void {
  const { clock, health } = deps
  const startedMs = record.attemptStartedMs ?? clock.now()
  const look = (): void => {
    if (!health.isDeadSince(target.provider, startedMs)) cancel = clock.after(lookEveryMs, look)
    else {
      const silentMs = Math.round(clock.now() - startedMs)
      attempt.cancel({ kind: 'timeout', phase: 'headers', message: `silent for ${silentMs} ms, and the provider's probes fail` })
    }
  }
  let cancel = clock.after(firstLookMs, look)
  return () => cancel()
}
