import type { Clock } from '#lib/clock.ts'

/** A clock on which everything takes `speed` times less of the real time, so that a drill need not wait as long as a client would. */
export function fasterClock(clock: Clock, speed: number): Clock {
  return {
    now: () => clock.now() * speed,
    after: (ms, call, kind) => clock.after(ms / speed, call, kind),
  }
}
