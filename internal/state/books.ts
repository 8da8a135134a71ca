import { asArray } from '#lib/json.ts'
import { type Gate, ShutError } from './gate.ts'
import type { KnownSums } from './known-sums.ts'
import type { Owed } from './owed.ts'
import type { Script } from './redis-port.ts'
import { giveScript, raiseScript } from './redis-scripts.ts'
import { giveArgs } from './redis-wire.ts'
import type { Give } from './store.ts'

/** Keeps what the server counts and what this instance knows of it in step. */
export type Books = {
  /** What cannot be told now is owed. */
  readonly tell: (gives: readonly Give[]) => Promise<void>
  /** Tells the server what is remembered of a sum that it may have lost. */
  readonly restore: (key: string) => Promise<void>
  /** After the server was away: what it lost, and then what it is owed. */
  readonly catchUp: () => Promise<void>
}

export type BooksDeps = {
  readonly gate: () => Gate
  readonly run: (script: Script, keys: readonly string[], args: readonly string[]) => Promise<unknown>
  readonly known: KnownSums
  readonly owed: Owed
  /** The word of the sums that this instance makes. */
  readonly word: string
  readonly nowMs: () => number
}

const atOnce = 64

export function createBooks({ gate, run, known, owed, word, nowMs }: BooksDeps): Books {
  const tell = async (gives: readonly Give[]): Promise<void> => {
    const keep = (answer: unknown): void => {
      if (answer === undefined) for (const give of gives) owed.add(give)
    }
    const keys = gives.map(({ key }) => key)
    const args = gives.flatMap((give) => giveArgs(give, word))
    try {
      await gate().ask(() => run(giveScript, keys, args), keep)
    } catch (error) {
      // Of a question that was asked the gate itself tells what became of it.
      if (error instanceof ShutError) keep(undefined)
    }
  }
  const restore = async (key: string): Promise<void> => {
    const remembered = known.get(key)
    if (remembered === undefined) return
    const { word: made, used, untilMs } = remembered
    const args = [made, String(Math.max(0, used)), String(Math.max(1, Math.ceil(untilMs - nowMs()))), word]
    const [madeNow, value] = asArray(await gate().ask(() => run(raiseScript, [key], args)))
    known.set(key, { word: String(madeNow), used: Number(value), untilMs })
  }
  return {
    tell,
    restore,
    async catchUp() {
      try {
        const keys = known.all().map(([key]) => key)
        for (const some of batches(keys)) await Promise.all(some.map(restore))
        for (const some of batches(owed.takeAll())) await Promise.all(some.map((give) => tell([give])))
      } catch {
        // The gate has shut again, and has told so. What is owed stays owed until it opens.
      }
    },
  }
}

function batches<T>(all: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / atOnce) }, (_, at) => all.slice(at * atOnce, (at + 1) * atOnce))
}
