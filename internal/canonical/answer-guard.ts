import type { Answer, Emit } from './answer.ts'

/**
 * What an answer goes through before its client sees it; a stream and a whole answer the same. Where there is one, no bytes of a
 * provider pass as they are.
 */
export type AnswerGuard = {
  /** The most characters that an answer may have; undefined: any number. */
  readonly maxCharacters: number | undefined
  /** Undefined when the answer is larger than it may be. */
  readonly whole: (answer: Answer) => Answer | undefined
  /** For the events of one attempt. */
  readonly stream: (emit: Emit) => Emit
}
