import { randomBytes } from 'node:crypto'
import type { Clock } from '#lib/clock.ts'
import { takeAlone } from './alone.ts'
import { createBooks } from './books.ts'
import { createGate, type Gate, ShutError } from './gate.ts'
import { inTime } from './in-time.ts'
import { createKnownSums } from './known-sums.ts'
import { createLeases, type Leases } from './leases.ts'
import type { MemoryStore } from './memory.ts'
import { createOwed } from './owed.ts'
import { type RedisPort, reasonOf } from './redis-port.ts'
import { probeScript, renewScript, takeScript } from './redis-scripts.ts'
import { givesOf, type Reply, readNumber, readReply, takeArgs, undo } from './redis-wire.ts'
import { createSharedClock } from './shared-clock.ts'
import type { Store, Take, Taken } from './store.ts'

export type RedisStoreOptions = {
  readonly port: Pick<RedisPort, 'run' | 'close'>
  /** Before every key. */
  readonly prefix: string
  /** How long an answer is waited for. */
  readonly timeoutMs: number
  /** Takes the place of the server while it is slow or gone; undefined: requests are refused then. */
  readonly fallback: MemoryStore | undefined
  /** How many instances share the server, this one included. */
  readonly replicas: () => number
  /** Told when the server does not answer, and when it does again. */
  readonly onState: (state: 'up' | 'down', reason: string) => void
  /** The end came while the server was gone: what this many sums were owed is lost. */
  readonly onLost: (sums: number) => void
  /** Our own clock: milliseconds since the epoch. */
  readonly nowMs: () => number
  readonly clock: Clock
}

export type RedisStore = Store & {
  /** The way to the server, also for what else is kept there. */
  readonly gate: Gate
  /** The server is there: asks its time. */
  readonly greet: () => Promise<void>
}

// A place whose request is not heard of is free again after this.
const leaseMs = 60_000
// A connection that is being made anew in that moment may not end by itself.
const closeMs = 1000

/**
 * Counters that all instances share. While the server is slow or gone each instance counts for itself, from what it last knew;
 * what was spent meanwhile is told once the server is back, and what the server lost is told to it again.
 */
export function createRedisStore(options: RedisStoreOptions): RedisStore {
  const { port, fallback, clock, onLost } = options
  const parts = createParts(options)
  const { gate, shared, owed, leases, books, word } = parts

  return {
    gate,
    async greet() {
      await gate.ask(parts.probe).catch(() => {})
    },
    async take(takes) {
      const placed = takes.map(leased)
      const keys = placed.map(({ key }) => key)
      const args = placed.flatMap((take) => takeArgs(take, word()))
      const sentMs = clock.now()
      try {
        const reply = await gate.ask(
          async () => readReply(await parts.run(takeScript, keys, args)),
          (late) => settleLate(placed, late, parts),
        )
        shared.learn(reply.serverMs, clock.now() - sentMs)
        noteReply(placed, reply, parts)
        return reply.taken
      } catch (error) {
        return alone(placed, error, parts)
      }
    },
    give(gives) {
      for (const give of gives) if (give.kind === 'place') leases.release(give.key, give.id)
      if (!gate.isOpen()) fallback?.give(gives)
      if (gives.length > 0) void books.tell(gives)
    },
    nowMs: shared.nowMs,
    async close() {
      await books.catchUp()
      if (owed.size() > 0) onLost(owed.size())
      gate.close()
      leases.stop()
      await inTime(port.close(), closeMs).catch(() => {})
    },
  }
}

type Parts = ReturnType<typeof createParts>

function createParts({ port, prefix, timeoutMs, fallback, replicas, onState, nowMs, clock }: RedisStoreOptions) {
  const shared = createSharedClock(nowMs)
  const owed = createOwed(shared.nowMs)
  const known = createKnownSums(shared.nowMs)
  // The word of a sum that this instance makes, like that of no other: one that it made before the server forgot it has another.
  const instance = randomBytes(9).toString('base64url')
  let made = 0
  const word = (): string => `${instance}.${(made++).toString(36)}`
  const run: RedisPort['run'] = (script, keys, args) =>
    port.run(
      script,
      keys.map((key) => prefix + key),
      args,
    )
  const books = createBooks({ gate: () => gate, run, known, owed, word, nowMs: shared.nowMs })
  const probe = async (): Promise<void> => {
    const sentMs = clock.now()
    shared.learn(readNumber(await run(probeScript, ['probe'], [])), clock.now() - sentMs)
  }
  const gate: Gate = createGate({
    timeoutMs,
    probe,
    clock,
    random: Math.random,
    onOpen: () => void books.catchUp(),
    onState: (state, error) => onState(state, state === 'up' ? '' : reasonOf(error)),
  })
  const leases: Leases = createLeases({
    leaseMs,
    clock,
    // One that fails is made up for by the next.
    renew: (key, ids) => void gate.ask(() => run(renewScript, [key], [String(leaseMs), ...ids])).catch(() => {}),
  })
  return { shared, owed, known, books, gate, leases, word, run, probe, fallback, replicas }
}

/** A place of a request that may take long is held by a lease that is renewed. */
function leased(take: Take): Take {
  return take.kind === 'place' ? { ...take, ttlMs: Math.min(take.ttlMs, leaseMs) } : take
}

function noteReply(takes: readonly Take[], { taken, words }: Reply, { leases, books }: Parts): void {
  if (!taken.ok) return
  for (const [index, take] of takes.entries()) {
    if (take.kind === 'place') leases.hold(take.key, take.id)
    if (take.kind === 'sum') books.note(take, words[index] ?? '', taken.used[index] ?? 0)
  }
}

/** An answer that was not waited for: the request went on without it, or was refused. */
function settleLate(takes: readonly Take[], reply: Reply | undefined, parts: Parts): void {
  const { books, fallback, shared } = parts
  if (reply?.taken.ok === true) {
    if (fallback === undefined) void books.tell(undo(takes, shared.nowMs()))
    else noteReply(takes, reply, parts)
  } else if (fallback !== undefined) owe(takes, parts)
}

function owe(takes: readonly Take[], { owed }: Parts): void {
  for (const give of givesOf(takes)) owed.add(give)
}

function alone(takes: readonly Take[], error: unknown, parts: Parts): Taken {
  const { fallback: memory, known, replicas } = parts
  if (memory === undefined) return { ok: false, refused: -1, used: 0, retryAfterMs: 1000 }
  const taken = takeAlone(takes, { memory, known, replicas })
  // Of a question that was asked the gate tells later whether it was counted after all.
  if (taken.ok && error instanceof ShutError) owe(takes, parts)
  return taken
}
