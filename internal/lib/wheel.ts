export type Wheel = {
  readonly add: (dueMs: number, call: () => void) => WheelEntry
  /** Calls everything that is due, in the order of its time. */
  readonly expire: (nowMs: number) => void
  /** The next moment worth looking at; infinite when the wheel is empty. */
  readonly nextMs: () => number
}

/** The wheel's resolution: timers fire up to this much late, never early. */
export const tickMs = 10
// 5.12 s in one turn; longer timers stay in their slot for several turns.
const slotCount = 512

/** A timer in a list of the wheel; `unlink` takes it back. */
export class WheelEntry {
  readonly dueTick: number
  readonly call: () => void
  previous: WheelEntry
  next: WheelEntry

  constructor(dueTick: number, call: () => void) {
    this.dueTick = dueTick
    this.call = call
    this.previous = this
    this.next = this
  }

  /** Takes the timer out of its list; harmless when it is out already. */
  unlink(): void {
    this.previous.next = this.next
    this.next.previous = this.previous
    this.next = this
    this.previous = this
  }
}

/**
 * Timers as lists in the slots of a wheel: adding and taking back cost a few pointers, however many there are. A timer of
 * Node for each request costs several times as much.
 */
export function createWheel(startMs: number): Wheel {
  const slots = Array.from({ length: slotCount }, emptyList)
  const ready = emptyList()
  let lastTick = Math.floor(startMs / tickMs)
  const slotOf = (tick: number): WheelEntry => slots[tick % slotCount] ?? ready

  return {
    add(dueMs, call) {
      const entry = new WheelEntry(Math.max(Math.ceil(dueMs / tickMs), lastTick + 1), call)
      append(slotOf(entry.dueTick), entry)
      return entry
    },
    expire(nowMs) {
      const tick = Math.floor(nowMs / tickMs)
      const firstTick = Math.max(lastTick + 1, tick - slotCount + 1)
      lastTick = Math.max(lastTick, tick)
      for (let at = firstTick; at <= tick; at++) moveDue(slotOf(at), ready, tick)
      // One by one from a list, so that a call may take back another that is due as well.
      while (ready.next !== ready) {
        const entry = ready.next
        entry.unlink()
        entry.call()
      }
    },
    nextMs() {
      if (ready.next !== ready) return lastTick * tickMs
      for (let at = lastTick + 1; at <= lastTick + slotCount; at++) {
        const slot = slotOf(at)
        if (slot.next !== slot) return at * tickMs
      }
      return Number.POSITIVE_INFINITY
    },
  }
}

/** The head of a list, linked to itself. */
function emptyList(): WheelEntry {
  return new WheelEntry(0, () => {})
}

function append(list: WheelEntry, entry: WheelEntry): void {
  entry.previous = list.previous
  entry.next = list
  list.previous.next = entry
  list.previous = entry
}

/** Sorted in: after a pause longer than a turn, a slot holds timers of several turns. */
function moveDue(slot: WheelEntry, ready: WheelEntry, tick: number): void {
  let entry = slot.next
  while (entry !== slot) {
    const following = entry.next
    if (entry.dueTick <= tick) {
      entry.unlink()
      let after = ready.previous
      while (after !== ready && after.dueTick > entry.dueTick) after = after.previous
      append(after.next, entry)
    }
    entry = following
  }
}
