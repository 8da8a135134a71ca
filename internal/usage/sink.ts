/** Where lines go. */
export type Sink = {
  /** Returns at once. */
  readonly add: (line: string) => void
  /** Lines that have not gone yet. */
  readonly pending: () => number
  /** Writes what it still can. */
  readonly close: () => Promise<void>
}

/** Why lines are lost: no room to wait in, the receiver refuses them, or the relay stopped before they could go. */
export type LostReason = 'no_room' | 'refused' | 'stopped'

/** What a sink tells. */
export type SinkTold = {
  readonly written: (count: number) => void
  readonly lost: (count: number, reason: LostReason) => void
  /** It could not write now, and tries again. */
  readonly failed: (error: unknown) => void
}
