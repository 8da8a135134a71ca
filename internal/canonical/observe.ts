import type { FinishReason, Usage } from './answer.ts'
import type { AnswerView } from './answer-view.ts'
import type { Failure, FailureKind } from './failure.ts'
import type { PlanInput, Target, TargetId } from './plan.ts'
import type { DialectName } from './request.ts'

/** How an attempt ended: well, by a failure's kind, or unused because another attempt won. */
export type AttemptOutcome = 'ok' | FailureKind | 'abandoned'

/** How the stream ended for the client; `recovered` was continued on another target. */
export type StreamOutcome = 'complete' | 'recovered' | 'truncated' | 'failed'

/** How a request ended for the client. */
export type RequestOutcome = 'ok' | 'recovered' | 'truncated' | 'failed' | 'rejected' | 'cancelled'

/**
 * Why money bought no answer. `failed`: the attempt failed before anything of it reached the client. `hedged`: another attempt
 * answered first. `abandoned`: the client went away before its answer began. `recovered`: a broken answer was continued, and the
 * prompt was read once more for it.
 */
export type WasteReason = 'failed' | 'hedged' | 'abandoned' | 'recovered'

/** Money that bought no answer, in USD. */
export type Waste = { readonly usd: number; readonly reason: WasteReason }

/** One request to one target, as the log and the error message tell it. What is not known may be left out or undefined: the latter is cheaper to write. */
export type AttemptRecord = {
  readonly target: TargetId
  readonly outcome: AttemptOutcome
  readonly status?: number | undefined
  readonly durationMs: number
  readonly firstTokenMs?: number | undefined
  readonly message?: string | undefined
  /** Its part of the answer's cost, in USD; what it cost otherwise is `wasted`. Each is left out where no price is known. */
  readonly costUsd?: number | undefined
  readonly wasted?: Waste | undefined
}

/** What the relay tells while a request runs; each observer (health, metrics, log, prices, budgets) hears all of it. */
export type RelayEvent =
  | { readonly kind: 'request_started'; readonly requestId: string; readonly dialect: DialectName; readonly atMs: number }
  | {
      readonly kind: 'attempt_started'
      readonly requestId: string
      readonly route: string
      readonly target: Target
      readonly number: number
      /** The key of the provider's pool that is used, by its place in the pool. */
      readonly keyIndex: number
      readonly atMs: number
    }
  | {
      readonly kind: 'first_token'
      readonly requestId: string
      readonly target: Target
      readonly afterMs: number
      readonly atMs: number
    }
  | AttemptEnded
  | {
      readonly kind: 'failover'
      readonly requestId: string
      readonly route: string
      readonly from: Target
      readonly to: Target
      readonly reason: FailureKind
      readonly waitMs: number
    }
  | { readonly kind: 'retry_budget_exhausted'; readonly requestId: string; readonly route: string }
  | RequestEnded

/** One request to one target is over, well or not. */
export type AttemptEnded = {
  readonly kind: 'attempt_ended'
  readonly requestId: string
  readonly route: string
  readonly target: Target
  readonly keyIndex: number
  readonly outcome: AttemptOutcome
  readonly failure?: Failure | undefined
  readonly status?: number | undefined
  readonly usage?: Usage | undefined
  /** What it cost without an answer to show for it; left out where that is nothing or not known. */
  readonly wasted?: Waste | undefined
  /** Of an abandoned attempt that was slow: what had not come when it was ended, so that its duration is the least of that wait. */
  readonly silentUntil?: 'first_token' | 'answer' | undefined
  readonly durationMs: number
  /** From the call to the first content. */
  readonly firstTokenMs?: number | undefined
  /** What it answered; only where the request is traced. */
  readonly answer?: AnswerView | undefined
  readonly atMs: number
  /** Response headers of the provider, lower-case names: the rate limits are learnt from them. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

export type RequestEnded = {
  readonly kind: 'request_ended'
  readonly requestId: string
  readonly dialect: DialectName
  /** Empty when no route was found. */
  readonly route: string
  /** The target that answered, when one did. */
  readonly target?: Target | undefined
  readonly outcome: RequestOutcome
  /** For streams only. */
  readonly streamOutcome?: StreamOutcome | undefined
  /** HTTP status that the client got; 499 when it went away before. */
  readonly status: number
  /** The error code that the client got. */
  readonly code?: string | undefined
  readonly stream: boolean
  /** What the client asked for, and what it said besides. Observers must not keep it. */
  readonly asked?: PlanInput | undefined
  readonly attempts: readonly AttemptRecord[]
  /** The rule of the routing file that applied, counted from 0. */
  readonly rule?: number | undefined
  /** What ordered the targets; left out when there was no plan. */
  readonly strategy?: string | undefined
  /** Why the answer's first candidate ended. */
  readonly finishReason?: FinishReason | undefined
  /** Of the client's body and of the answer's, without their headers; left out where nobody counted. */
  readonly bytesIn?: number | undefined
  readonly bytesOut?: number | undefined
  readonly usage?: Usage | undefined
  /** What the answer cost, in USD; what else was paid for the request stands with its attempts as `wasted`. */
  readonly costUsd?: number | undefined
  /** What the answer would have cost more, in USD, at the first target of the model that was asked for; below 0 when it cost more. */
  readonly savedUsd?: number | undefined
  /**
   * What the provider's own prompt cache saved, in USD: against the same tokens, all read anew. Below 0 when writing to the
   * cache cost more than reading from it saved. Left out where no cache was used or no price is known.
   */
  readonly promptCacheSavedUsd?: number | undefined
  readonly durationMs: number
  readonly firstTokenMs?: number | undefined
  /** Time spent inside the relay: neither waiting for a provider nor for the client. */
  readonly overheadMs: number
  readonly dropped: readonly string[]
  /** What the cache said, where it was asked; `semantic`: it had an answer to another question that means the same. */
  readonly cache?: 'hit' | 'semantic' | 'miss' | undefined
  /** Of a `semantic` answer: how alike the two questions are (cosine, 0–1). */
  readonly similarity?: number | undefined
  /** How many pieces of the request guardrails replaced; left out for none. */
  readonly redacted?: number | undefined
  readonly client?: string | undefined
  readonly tier?: string | undefined
  /** The trace that tells of the request; left out without tracing. */
  readonly traceId?: string | undefined
  readonly atMs: number
}

/** Hears what happens; must not throw and must not wait. */
export type Observer = (event: RelayEvent) => void
