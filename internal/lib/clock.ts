/** Takes a timer back; harmless when it has fired. */
export type Cancel = () => void

/** Monotonic time in milliseconds, and timers on it. */
export type Clock = {
  readonly now: () => number
  /** Calls once, never early and at most a tick late. `background` timers do not keep the process alive. */
  readonly after: (ms: number, call: () => void, kind?: 'background') => Cancel
}
