import type { ClientConfig, ClientKey } from '#config/config.ts'
import { digestOf, storedDigest } from './keys.ts'

/** Whose key it is, and until when it works. */
export type Owner = { readonly client: ClientConfig; readonly until?: string }

/** The clients of the routing file, by their keys and by their names. */
export type Keyring = {
  readonly byKey: (clients: readonly ClientConfig[], key: string) => Owner | undefined
  readonly byName: (clients: readonly ClientConfig[], name: string) => ClientConfig | undefined
}

// Secrets may come from files that are written again: a change is taken up within this time.
const liveMs = 1000

type Table = {
  readonly of: readonly ClientConfig[]
  readonly names: ReadonlyMap<string, ClientConfig>
  readonly fixed: ReadonlyMap<string, Owner>
  /** Keys that follow a file. */
  readonly live: readonly (readonly [ClientKey, ClientConfig])[]
}

/**
 * Keys are looked up by their digests: how long that takes depends on a digest that nobody can steer, and tells nothing of the
 * keys. The table is made once for each configuration, thousands of keys or not; only keys that follow a file are looked at
 * again.
 */
export function createKeyring(nowMs: () => number): Keyring {
  let table: Table = { of: [], names: new Map(), fixed: new Map(), live: [] }
  let live = new Map<string, Owner>()
  let liveAtMs = Number.NEGATIVE_INFINITY

  const tableOf = (clients: readonly ClientConfig[]): Table => {
    if (table.of !== clients) {
      table = makeTable(clients)
      liveAtMs = Number.NEGATIVE_INFINITY
    }
    return table
  }
  return {
    byKey(clients, key) {
      const { fixed, live: followed } = tableOf(clients)
      if (followed.length > 0 && Math.abs(nowMs() - liveAtMs) > liveMs) {
        live = ownersOf(followed)
        liveAtMs = nowMs()
      }
      const digest = digestOf(key)
      return fixed.get(digest) ?? (followed.length > 0 ? live.get(digest) : undefined)
    },
    byName: (clients, name) => tableOf(clients).names.get(name),
  }
}

function makeTable(clients: readonly ClientConfig[]): Table {
  const all = clients.flatMap((client) => client.keys.map((key) => [key, client] as const))
  return {
    of: clients,
    names: new Map(clients.map((client) => [client.name, client])),
    fixed: ownersOf(all.filter(([{ secret }]) => !secret.live)),
    live: all.filter(([{ secret }]) => secret.live),
  }
}

function ownersOf(keys: readonly (readonly [ClientKey, ClientConfig])[]): Map<string, Owner> {
  const owners = new Map<string, Owner>()
  for (const [{ secret, until }, client] of keys) {
    const value = secret.reveal()
    if (value !== '') owners.set(storedDigest(value), until === undefined ? { client } : { client, until })
  }
  return owners
}
