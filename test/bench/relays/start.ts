import type { Bench } from '../bench.ts'
import type { Relay, RelayKind, Upstream } from './relay.ts'

/** Starts those that were asked for; tells why others are missing. */
export async function startRelays(
  bench: Bench,
  kinds: readonly RelayKind[],
  upstream: Upstream,
): Promise<{ readonly relays: readonly Relay[]; readonly notes: readonly string[] }> {
  const wanted = bench.settings.relays
  const relays: Relay[] = []
  const notes: string[] = []
  for (const kind of kinds) {
    if (wanted !== undefined && !wanted.includes(kind.name)) continue
    const started = await kind.start(bench, upstream)
    if (started.ok) relays.push(started.value)
    else notes.push(started.error)
  }
  return { relays, notes }
}
