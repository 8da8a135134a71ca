import type { AnswerPart, Finish } from './answer.ts'

/** What one attempt answered, for those who look closer; to be read at once, since a stream may go on elsewhere. */
export type AnswerView = {
  /** The provider's id of the answer. */
  readonly id?: string
  /** The model as the provider names it. */
  readonly model?: string
  /** Of every candidate, as far as the provider told. */
  readonly finishes: readonly Finish[]
  /** Of every candidate of a whole answer; of a stream's first one only. Built when asked for. */
  readonly parts: () => readonly (readonly AnswerPart[])[]
}
