import type { AttemptEnded, AttemptOutcome } from '#canonical/observe.ts'
import { blameOf } from './blame.ts'

/** What went wrong at a target, for people. Holds no key. */
export type Trouble = {
  readonly outcome: AttemptOutcome
  /** The provider's HTTP status, where there was one. */
  readonly status?: number
  /** A sentence; it may quote the provider, so it is foreign text. */
  readonly message: string
  /** Milliseconds since the epoch. */
  readonly atMs: number
}

/** A stretch of time in which a target failed again and again; it is over some time after the last failure. */
export type Episode = {
  /** When it began, in milliseconds since the epoch. */
  readonly sinceMs: number
  /** Attempts since then, and how many of them failed. */
  readonly attempts: number
  readonly failed: number
  readonly last: Trouble
  /** Whether the newest attempt is the last failure. */
  readonly lastFailed: boolean
}

// After that long without a failure a new one is a new story.
const quietMs = 120_000
// Without traffic nothing shows that the target is good again; what is that old says nothing any more either.
const staleMs = 15 * 60_000
const longestMessage = 200

/** Whether the attempt failed through the target or its key; undefined when it says nothing about them. */
export function failedAt(outcome: AttemptOutcome): boolean | undefined {
  const blame = blameOf[outcome]
  return blame === 'nothing' ? undefined : blame !== 'ok'
}

/** The episode after one more attempt that says something about the target. */
export function afterAttempt(episode: Episode | undefined, event: AttemptEnded, atMs: number): Episode | undefined {
  // Without a success in between it is the same story, however rarely an open breaker lets an attempt through.
  const isOver = episode !== undefined && !episode.lastFailed && atMs - episode.last.atMs > quietMs
  const current = isOver ? undefined : episode
  if (failedAt(event.outcome) !== true)
    return current === undefined ? undefined : { ...current, attempts: current.attempts + 1, lastFailed: false }
  return {
    sinceMs: current?.sinceMs ?? atMs,
    attempts: (current?.attempts ?? 0) + 1,
    failed: (current?.failed ?? 0) + 1,
    last: troubleOf(event, atMs),
    lastFailed: true,
  }
}

/** The episode when it still goes on at this moment; `isOut`: the target is out of the rotation, so that nothing could end it. */
export function ongoing(episode: Episode | undefined, nowMs: number, isOut: boolean): Episode | undefined {
  if (episode === undefined || isOut) return episode
  return nowMs - episode.last.atMs > (episode.lastFailed ? staleMs : quietMs) ? undefined : episode
}

function troubleOf({ outcome, status, failure }: AttemptEnded, atMs: number): Trouble {
  return {
    outcome,
    ...(status === undefined ? {} : { status }),
    // A provider that refuses a key may quote it: its words stay with us.
    message: outcome === 'auth' ? 'the provider refused its key' : shorten(failure?.message ?? ''),
    atMs,
  }
}

/** One line, without control characters. */
function shorten(text: string): string {
  const line = text
    .slice(0, 2 * longestMessage)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
  return line.length <= longestMessage ? line : `${line.slice(0, longestMessage - 1)}\u2026`
}
