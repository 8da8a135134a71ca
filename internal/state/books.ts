import { asArray } from '#lib/json.ts'
import { type Gate, ShutError } from './gate.ts'
import type { KnownSums } from './known-sums.ts'
import type { Owed } from './owed.ts'
import type { Script } from './redis-port.ts'
import { giveScript, raiseScript } from './redis-scripts.ts'
import { giveArgs, readNumber, readTold } from './redis-wire.ts'
import type { Give } from './store.ts'

/** Keeps what the server counts and what this instance knows of it in step. */
export type Books = {
  /** What cannot be told now is owed. */
  readonly tell: (gives: readonly Give[]) => Promise<void>
  /**
   * The server tells what a sum is, and the word of its making. Only this is remembered of it: what it has not counted is owed,
   * and would be told twice after a loss.
   */
  readonly note: (sum: { readonly key: string; readonly ttlMs: number }, word: string, used: number) => void
  /** After the server was away: what it lost, and then what it is owed. */
  readonly catchUp: () => Promise<void>
}

export type BooksDeps = {
  readonly gate: () => Gate
  readonly run: (script: Script, keys: readonly string[], args: readonly string[]) => Promise<unknown>
  readonly known: KnownSums
  readonly owed: Owed
  /** A new word for a sum, should this instance be the one that makes it. */
  readonly word: () => string
  readonly nowMs: () => number
}

const atOnce = 64

export function createBooks({ gate, run, known, owed, word, nowMs }: BooksDeps): Books {
  const tell = async (gives: readonly Give[]): Promise<void> => {
    // Whether the server counted a question that it did not answer is not known: twice is better than never for what was spent,
    // and never better than twice for what comes back, so that a budget is not overspent.
    const keep = (answer: unknown): void => {
      if (answer === undefined) for (const give of gives) if (give.kind === 'place' || give.amount > 0) owed.add(give)
    }
    const keys = gives.map(({ key }) => key)
    const args = gives.flatMap((give) => giveArgs(give, word()))
    try {
      const told = await gate().ask(async () => readTold(await run(giveScript, keys, args)), keep)
      for (const [at, give] of gives.entries()) {
        const sum = told[at]
        if (give.kind === 'sum' && sum !== undefined) note(give, sum.word, sum.used)
      }
    } catch (error) {
      // Of a question that was asked the gate itself tells what became of it.
      if (error instanceof ShutError) for (const give of gives) owed.add(give)
    }
  }
  const note: Books['note'] = ({ key, ttlMs }, word, used) => {
    const before = known.get(key)
    if (before === undefined || before.word === word) known.set(key, { word, used, untilMs: nowMs() + ttlMs })
    // It was made anew since: what was in it before is lost. Where that cannot be told now, it is when the gate opens.
    else restore(key).catch(() => {})
  }
  /** Tells the server what is remembered of a sum that it may have lost. */
  const restore = async (key: string): Promise<void> => {
    const remembered = known.get(key)
    if (remembered === undefined) return
    const { word: made, used, untilMs } = remembered
    const args = [made, String(Math.max(0, used)), String(Math.max(1, Math.ceil(untilMs - nowMs()))), word()]
    const raised = await gate().ask(async () => {
      const [madeNow, value] = asArray(await run(raiseScript, [key], args))
      return { word: String(madeNow), used: readNumber(value) }
    })
    known.set(key, { ...raised, untilMs })
  }
  return {
    tell,
    note,
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
