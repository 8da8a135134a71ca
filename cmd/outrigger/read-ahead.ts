import { largeBytes, turnsUntil } from '#lib/slices/turn.ts'
import type { RelayDeps } from '#relay/deps.ts'
import { type Affinity, prefixesMatter } from '#routing/affinity.ts'

/** Before a large request is planned others have their turn, also while what the plan wants to know of its prompt is worked out. */
export function readAheadFor(affinity: Affinity): NonNullable<RelayDeps['readAhead']> {
  return ({ request, bytesIn, client }, config) => {
    if (bytesIn < largeBytes) return undefined
    let gone = false
    client.onGone(() => {
      gone = true
    })
    const turn = turnsUntil(() => gone)
    return prefixesMatter(request, config) ? affinity.readAhead(request, turn) : turn().then(() => {})
  }
}
