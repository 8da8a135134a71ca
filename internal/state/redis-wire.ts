import { asArray } from '#lib/json.ts'
import type { Give, Take, Taken } from './store.ts'

/** An answer of the script that takes. */
export type Reply = {
  readonly taken: Taken
  /** By the server's clock. */
  readonly serverMs: number
  /** Of each take, the word of its sum; empty for others. */
  readonly words: readonly string[]
}

export function takeArgs(take: Take, word: string): readonly string[] {
  switch (take.kind) {
    case 'rate':
      return ['rate', String(take.amount), String(take.limit), String(Math.ceil(take.windowMs)), '']
    case 'place':
      return ['place', '1', String(take.limit), String(Math.ceil(take.ttlMs)), take.id]
    case 'sum':
      return ['sum', String(take.amount), String(take.limit), String(Math.ceil(take.ttlMs)), word]
  }
}

export function giveArgs(give: Give, word: string): readonly string[] {
  switch (give.kind) {
    case 'rate':
      return ['rate', String(give.amount), String(Math.ceil(give.windowMs)), String(give.takenMs)]
    case 'place':
      return ['place', '0', '0', give.id]
    case 'sum':
      return ['sum', String(give.amount), String(Math.max(1, Math.ceil(give.ttlMs))), word]
  }
}

export function readReply(answer: unknown): Reply {
  const [ok, now, ...rest] = asArray(answer).map(String)
  const serverMs = Number(now)
  if (ok === '1') {
    const used = rest.filter((_, at) => at % 2 === 0).map(Number)
    const words = rest.filter((_, at) => at % 2 === 1)
    return { taken: { ok: true, used }, serverMs, words }
  }
  if (ok !== '0') throw new Error('the server answered with something else than numbers')
  const [place, level, wait] = rest.map(Number)
  const retryAfterMs = wait === undefined || wait < 0 ? undefined : wait
  return { taken: { ok: false, refused: (place ?? 1) - 1, used: level ?? 0, retryAfterMs }, serverMs, words: [] }
}

/** What was taken, as what is to be told of it. */
export function givesOf(takes: readonly Take[]): readonly Give[] {
  return takes.flatMap((take): Give | [] =>
    take.kind === 'sum' ? { kind: 'sum', key: take.key, amount: take.amount, ttlMs: take.ttlMs } : [],
  )
}

/** What undoes a taking. */
export function undo(takes: readonly Take[], takenMs: number): readonly Give[] {
  return takes.map((take) => undoOne(take, takenMs))
}

function undoOne(take: Take, takenMs: number): Give {
  switch (take.kind) {
    case 'place':
      return { kind: 'place', key: take.key, id: take.id }
    case 'rate':
      return { kind: 'rate', key: take.key, amount: -take.amount, windowMs: take.windowMs, takenMs }
    case 'sum':
      return { kind: 'sum', key: take.key, amount: -take.amount, ttlMs: take.ttlMs }
  }
}
