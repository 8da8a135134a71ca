/** What happened in a stretch of time. */
export type Tally = {
  readonly attempts: number
  /** Attempts that failed through the target: an error, a limit, a refused key. */
  readonly failed: number
}

/** One point of a curve. */
export type Point = Tally & {
  /** Mean duration of the attempts that gave an answer, in milliseconds; undefined without one. */
  readonly meanMs: number | undefined
}

/** Counts and durations of the last stretch of time, in slots. Times must not run backwards. */
export type Series = {
  readonly add: (nowMs: number, attempt: { readonly failed: boolean; readonly durationMs: number }) => void
  /** Over the last slots, the one under way among them. */
  readonly last: (nowMs: number, slots: number) => Tally
  /** The whole stretch, oldest first; `slotsEach` slots make a point. */
  readonly points: (nowMs: number, slotsEach: number) => readonly Point[]
}

/** Costs the same however much is counted: four numbers a slot. */
export function createSeries(slotMs: number, slotCount: number): Series {
  const attempts = new Uint32Array(slotCount)
  const failed = new Uint32Array(slotCount)
  const answered = new Uint32Array(slotCount)
  const summedMs = new Float64Array(slotCount)
  let lastSlot = 0

  const advance = (nowMs: number): void => {
    const slot = Math.floor(nowMs / slotMs)
    const passed = Math.min(slot - lastSlot, slotCount)
    for (let step = 1; step <= passed; step++) {
      const at = (lastSlot + step) % slotCount
      attempts[at] = failed[at] = answered[at] = summedMs[at] = 0
    }
    lastSlot = Math.max(lastSlot, slot)
  }
  const sum = (values: Uint32Array | Float64Array, fromBack: number, count: number): number => {
    let total = 0
    for (let step = 0; step < count; step++) total += values[place(lastSlot - fromBack - step, slotCount)] ?? 0
    return total
  }
  return {
    add(nowMs, { failed: isFailed, durationMs }) {
      advance(nowMs)
      const at = place(lastSlot, slotCount)
      increase(attempts, at, 1)
      if (isFailed) return increase(failed, at, 1)
      increase(answered, at, 1)
      increase(summedMs, at, durationMs)
    },
    last(nowMs, slots) {
      advance(nowMs)
      return { attempts: sum(attempts, 0, slots), failed: sum(failed, 0, slots) }
    },
    points(nowMs, slotsEach) {
      advance(nowMs)
      const length = Math.floor(slotCount / slotsEach)
      return Array.from({ length }, (_, index) => {
        const back = (length - 1 - index) * slotsEach
        const answers = sum(answered, back, slotsEach)
        return {
          attempts: sum(attempts, back, slotsEach),
          failed: sum(failed, back, slotsEach),
          meanMs: answers === 0 ? undefined : sum(summedMs, back, slotsEach) / answers,
        }
      })
    },
  }
}

function place(slot: number, slotCount: number): number {
  return ((slot % slotCount) + slotCount) % slotCount
}

function increase(values: Uint32Array | Float64Array, at: number, by: number): void {
  values[at] = (values[at] ?? 0) + by
}
