import { type Give, rateWaitMs, type Store, type Take, type Taken } from './store.ts'

type Rate = { readonly windowMs: number; window: number; current: number; previous: number }
type Sum = { value: number; untilMs: number }

// Keys of periods that are over would stay for ever; they are looked for from time to time.
const sweepEveryTakes = 10_000

export type MemoryStore = Omit<Store, 'take'> & {
  readonly take: (takes: readonly Take[]) => Taken
  /** The sum is at least this. */
  readonly raise: (key: string, value: number, ttlMs: number) => void
}

/** Counters of this instance alone. Two fixed windows stand for a sliding one: the older counts for the share of it that still overlaps. */
export function createMemoryStore(nowMs: () => number): MemoryStore {
  const rates = new Map<string, Rate>()
  const places = new Map<string, Map<string, number>>()
  const sums = new Map<string, Sum>()
  let takes = 0

  const rateAt = (key: string, windowMs: number, now: number): Rate => {
    const window = Math.floor(now / windowMs)
    const known = rates.get(key) ?? { windowMs, window, current: 0, previous: 0 }
    rates.set(key, known)
    if (known.window !== window) {
      known.previous = known.window === window - 1 ? known.current : 0
      known.current = 0
      known.window = window
    }
    return known
  }
  const placesAt = (key: string, now: number): Map<string, number> => {
    const known = places.get(key) ?? new Map<string, number>()
    places.set(key, known)
    for (const [id, untilMs] of known) if (untilMs <= now) known.delete(id)
    return known
  }
  const sumAt = (key: string, ttlMs: number, now: number): Sum => {
    const known = sums.get(key)
    if (known !== undefined && known.untilMs > now) return known
    const made = { value: 0, untilMs: now + ttlMs }
    sums.set(key, made)
    return made
  }
  const check = (take: Take, now: number): Refusal | number => {
    switch (take.kind) {
      case 'rate': {
        const rate = rateAt(take.key, take.windowMs, now)
        const atMs = now % take.windowMs
        const level = rate.current + rate.previous * (1 - atMs / take.windowMs)
        if (level + take.amount <= take.limit) return level + take.amount
        return { used: level, retryAfterMs: rateWaitMs(rate, take.amount, take.limit, { windowMs: take.windowMs, atMs }) }
      }
      case 'place': {
        const { size } = placesAt(take.key, now)
        return size < take.limit ? size + 1 : { used: size, retryAfterMs: undefined }
      }
      case 'sum': {
        const { value } = sumAt(take.key, take.ttlMs, now)
        return value + take.amount <= take.limit ? value + take.amount : { used: value, retryAfterMs: undefined }
      }
    }
  }
  return {
    take(wanted): Taken {
      const now = nowMs()
      if (++takes % sweepEveryTakes === 0) sweep({ rates, sums, places }, now)
      const used: number[] = []
      for (const [index, take] of wanted.entries()) {
        const level = check(take, now)
        if (typeof level !== 'number') return { ok: false, refused: index, ...level }
        used.push(level)
      }
      for (const take of wanted) apply(take, { rateAt, placesAt, sumAt, now })
      return { ok: true, used }
    },
    give(gives) {
      const now = nowMs()
      for (const give of gives) giveBack(give, { rateAt, placesAt, sumAt, now })
    },
    raise(key, value, ttlMs) {
      const sum = sumAt(key, ttlMs, nowMs())
      sum.value = Math.max(sum.value, value)
    },
    nowMs,
    close: () => Promise.resolve(),
  }
}

type Refusal = { readonly used: number; readonly retryAfterMs: number | undefined }

type Shelves = {
  readonly rateAt: (key: string, windowMs: number, now: number) => Rate
  readonly placesAt: (key: string, now: number) => Map<string, number>
  readonly sumAt: (key: string, ttlMs: number, now: number) => Sum
  readonly now: number
}

function apply(take: Take, { rateAt, placesAt, sumAt, now }: Shelves): void {
  if (take.kind === 'rate') rateAt(take.key, take.windowMs, now).current += take.amount
  else if (take.kind === 'place') placesAt(take.key, now).set(take.id, now + take.ttlMs)
  else sumAt(take.key, take.ttlMs, now).value += take.amount
}

function giveBack(give: Give, { rateAt, placesAt, sumAt, now }: Shelves): void {
  if (give.kind === 'place') {
    placesAt(give.key, now).delete(give.id)
    return
  }
  if (give.kind === 'sum') {
    const sum = sumAt(give.key, give.ttlMs, now)
    sum.value = Math.max(0, sum.value + give.amount)
    return
  }
  const rate = rateAt(give.key, give.windowMs, now)
  const takenIn = Math.floor(give.takenMs / give.windowMs)
  if (give.amount > 0 || takenIn >= rate.window) rate.current = Math.max(0, rate.current + give.amount)
  else if (takenIn === rate.window - 1) rate.previous = Math.max(0, rate.previous + give.amount)
}

type Kept = {
  readonly rates: Map<string, Rate>
  readonly sums: Map<string, Sum>
  readonly places: Map<string, Map<string, number>>
}

function sweep({ rates, sums, places }: Kept, now: number): void {
  for (const [key, { windowMs, window }] of rates) if (window < Math.floor(now / windowMs) - 1) rates.delete(key)
  for (const [key, { untilMs }] of sums) if (untilMs <= now) sums.delete(key)
  for (const [key, held] of places) if (held.size === 0) places.delete(key)
}
