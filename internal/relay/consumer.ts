import type { Answer, AnswerEvent, Usage } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { Json } from '#canonical/request.ts'
import type { Turn } from '#lib/slices/turn.ts'

/** What the client gets of a whole answer: text, or pieces of a large one. */
export type AnswerBody = string | readonly Uint8Array[]

/** What an attempt came to. */
export type AttemptResult =
  /** A whole answer: `body` is what the client gets. */
  | {
      readonly kind: 'whole'
      readonly body: AnswerBody
      /** What `body` is the text of; left out when the provider's own bytes pass. */
      readonly written?: Json | undefined
      readonly usage: Usage | undefined
      readonly model: string
      readonly answer?: Answer
    }
  /** A stream that came to its sound end; its text has gone, or is held by the `StreamOut`. */
  | {
      readonly kind: 'streamed'
      readonly usage: Usage | undefined
      /** We ended it at a limit: the provider has more to say and is not asked to. */
      readonly cut?: CutReason
    }
  /** Bytes that passed as they came; all have gone. */
  | { readonly kind: 'relayed'; readonly usage: Usage | undefined }
  | {
      readonly kind: 'failed'
      readonly failure: Failure
      /** An answer that is empty but otherwise sound: better than none when no other target is left. */
      readonly empty?: { readonly body: AnswerBody | undefined; readonly usage: Usage | undefined }
      /** Set when nothing failed: another attempt won. */
      readonly abandoned?: Abandoned
      /** Tokens that the failed attempt is known to have cost. */
      readonly usage?: Usage
    }

/** Why an attempt was not let finish: it was silent for longer than usual, or it was the second one and not needed. */
export type Abandoned = 'slow' | 'surplus'

/** Takes the bytes of one answer. It settles at most once. */
export type Consumer = {
  readonly data: (bytes: Uint8Array) => void
  readonly end: () => void
  /** The bytes broke off, or come no more: it settles when the answer had told its end before that. Default: it had not. */
  readonly broken?: () => void
}

/** What a consumer tells the attempt. */
export type ConsumerPort = {
  readonly settle: (result: AttemptResult) => void
  /**
   * Settles later, with what the work comes to: it takes turns with others, and gives undefined when it was told that nobody wants it any
   * more. An error in it fails the attempt.
   */
  readonly settleLater: (work: (turn: Turn) => Promise<AttemptResult | undefined>) => void
  /** Something came that shows that the provider is at work. */
  readonly life: () => void
  /** The first content came. */
  readonly content: () => void
  /** The client is slow: read no further until `resume`. */
  readonly pause: () => void
  readonly resume: () => void
}

/** Why a stream was ended by us: it costs as much as its client allows, or is as large as a guardrail allows. */
export type CutReason = 'max_cost_reached' | 'response_too_large'

/** Watches what a stream has come to so far. */
export type SpendLimit = {
  /** Which limit the answer has reached by now. */
  readonly reached: () => CutReason | undefined
  /** What ends the answer where it stands, in the order of a sound stream: it was cut at a length. */
  readonly closing: () => readonly AnswerEvent[]
}
