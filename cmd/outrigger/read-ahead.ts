import { largeBytes, type Turn, turnsUntil } from '#lib/slices/turn.ts'
import type { RelayDeps } from '#relay/deps.ts'
import type { ClientPort } from '#relay/exchange.ts'
import { type Affinity, prefixesMatter } from '#routing/affinity.ts'

/** Before a large request is planned others have their turn, also while what the plan wants to know of its prompt is worked out. */
export function readAheadFor(affinity: Affinity): NonNullable<RelayDeps['readAhead']> {
  return ({ request, bytesIn, client }, config) => {
    if (bytesIn < largeBytes) return undefined
    const turn = turnsFor(client)
    return prefixesMatter(request, config) ? affinity.readAhead(request, turn) : turn().then(() => {})
  }
}

/** Turns of the event loop for as long as the client is there. */
export function turnsFor(client: ClientPort): Turn {
  let gone = false
  client.onGone(() => {
    gone = true
  })
  return turnsUntil(() => gone)
}
