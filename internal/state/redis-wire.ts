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

/** Throws what `readNumber` throws. */
export function readReply(answer: unknown): Reply {
  const [ok, now, ...rest] = asArray(answer)
  const serverMs = readNumber(now)
  if (ok === '1') {
    const used = rest.filter((_, at) => at % 2 === 0).map(readNumber)
    const words = rest.filter((_, at) => at % 2 === 1).map(String)
    return { taken: { ok: true, used }, serverMs, words }
  }
  if (ok !== '0') throw new Error(notNumbers)
  const [place = 1, level = 0, wait = -1] = rest.map(readNumber)
  return { taken: { ok: false, refused: place - 1, used: level, retryAfterMs: wait < 0 ? undefined : wait }, serverMs, words: [] }
}

/** The sums after a giving, with the words of their making; `undefined` for what is no sum. Throws what `readNumber` throws. */
export function readTold(answer: unknown): readonly (SumTold | undefined)[] {
  const [now, ...told] = asArray(answer)
  readNumber(now)
  const words = told.filter((_, at) => at % 2 === 0)
  return words.map((word, at) => (word === '' ? undefined : { word: String(word), used: readNumber(told[2 * at + 1]) }))
}

export type SumTold = { readonly word: string; readonly used: number }

const notNumbers = 'the server answered with something else than numbers'

/** A number of a script, which goes as text. Throws when it is none: what does not run our scripts (some proxies) counts nothing. */
export function readNumber(text: unknown): number {
  const value = typeof text === 'string' && text !== '' ? Number(text) : Number.NaN
  if (!Number.isFinite(value)) throw new Error(notNumbers)
  return value
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
