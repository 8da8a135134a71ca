import { asArray } from '#lib/json.ts'
import { inTime } from './in-time.ts'
import { type RedisPort, reasonOf, scriptOf } from './redis-port.ts'
import { giveScript, takeScript } from './redis-scripts.ts'
import type { Give, Store, Take, Taken } from './store.ts'

export type RedisStoreOptions = {
  readonly port: RedisPort
  /** Before every key. */
  readonly prefix: string
  /** How long an answer is waited for. */
  readonly timeoutMs: number
  /** Takes the place of the server while it is slow or gone; undefined: requests are refused then. */
  readonly fallback: Store | undefined
  /** Told when the server did not answer, and when it does again. */
  readonly onState: (state: 'up' | 'down', reason: string) => void
  readonly nowMs: () => number
}

const take = scriptOf(takeScript)
const give = scriptOf(giveScript)

// What could not be told while the server was gone: more than these sums of budgets are not kept, the oldest go first.
const mostOwed = 100_000

/**
 * Counters that all instances share. While the server is slow or gone each instance counts for itself; what was spent
 * meanwhile is told once it is back, so that no budget forgets it.
 */
export function createRedisStore({ port, prefix, timeoutMs, fallback, onState, nowMs }: RedisStoreOptions): Store {
  const owed = new Map<string, { amount: number; untilMs: number }>()
  let state: 'up' | 'down' = 'up'

  const owe = (key: string, amount: number, ttlMs: number): void => {
    const known = owed.get(key)
    if (known !== undefined) known.amount += amount
    else if (owed.size < mostOwed) owed.set(key, { amount, untilMs: nowMs() + ttlMs })
  }
  const settleDebts = (): void => {
    for (const [key, { amount, untilMs }] of [...owed]) {
      owed.delete(key)
      const ttlMs = untilMs - nowMs()
      if (ttlMs > 0) tell({ kind: 'sum', key, amount, ttlMs })
    }
  }
  const isUp = (): void => {
    if (state === 'up') return
    state = 'up'
    onState('up', '')
    settleDebts()
  }
  const isDown = (error: unknown): void => {
    if (state === 'down') return
    state = 'down'
    onState('down', reasonOf(error))
  }
  const tell = (one: Give): void => {
    const span = one.kind === 'place' ? 0 : one.kind === 'rate' ? one.windowMs : one.ttlMs
    const args = [
      one.kind,
      one.kind === 'place' ? '0' : String(one.amount),
      String(Math.ceil(span)),
      one.kind === 'place' ? one.id : '',
    ]
    inTime(port.run(give, [prefix + one.key], args), timeoutMs).then(isUp, (error: unknown) => {
      isDown(error)
      // Rates and places mend themselves with time; what was spent does not.
      if (one.kind === 'sum') owe(one.key, one.amount, one.ttlMs)
    })
  }
  const alone = (takes: readonly Take[], error: unknown): Taken | Promise<Taken> => {
    isDown(error)
    if (fallback === undefined) return { ok: false, refused: -1, used: 0, retryAfterMs: 1000 }
    const taken = fallback.take(takes)
    for (const one of takes) if (one.kind === 'sum') owe(one.key, one.amount, one.ttlMs)
    return taken
  }
  return {
    async take(takes) {
      const args = takes.flatMap((one) => [
        one.kind,
        amountOf(one),
        String(one.limit),
        String(Math.ceil(spanOf(one))),
        one.kind === 'place' ? one.id : '',
      ])
      try {
        const keys = takes.map(({ key }) => prefix + key)
        const taken = readTaken(await inTime(port.run(take, keys, args), timeoutMs))
        isUp()
        return taken
      } catch (error) {
        return alone(takes, error)
      }
    },
    give(gives) {
      fallback?.give(gives)
      for (const one of gives) tell(one)
    },
    nowMs,
    close: () => port.close(),
  }
}

function amountOf(take: Take): string {
  return take.kind === 'place' ? '1' : String(take.amount)
}

function spanOf(take: Take): number {
  return take.kind === 'rate' ? take.windowMs : take.ttlMs
}

function readTaken(reply: unknown): Taken {
  const [ok, ...rest] = asArray(reply).map(String)
  if (ok === '1') return { ok: true, used: rest.map(Number) }
  if (ok !== '0') throw new Error('the server answered with something else than numbers')
  const [place, used, wait] = rest.map(Number)
  return {
    ok: false,
    refused: (place ?? 1) - 1,
    used: used ?? 0,
    retryAfterMs: wait === undefined || wait < 0 ? undefined : wait,
  }
}
