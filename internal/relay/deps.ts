import type { Answer, Usage } from '#canonical/answer.ts'
import type { Observer } from '#canonical/observe.ts'
import type { Plan, PlanInput, PlanProblem, Target } from '#canonical/plan.ts'
import type { Request } from '#canonical/request.ts'
import type { Config } from '#config/config.ts'
import type { ClientError } from '#dialect/dialect.ts'
import type { Health } from '#health/registry.ts'
import type { Clock } from '#lib/clock.ts'
import type { Result } from '#lib/result.ts'
import type { Pools } from '#upstream/pools.ts'
import type { Exchange } from './exchange.ts'
import type { HedgeBudget } from './hedge-budget.ts'
import type { RetryBudget } from './retry-budget.ts'
import type { SignatureVault } from './signatures.ts'
import type { ToldItems } from './told-items.ts'

/** Why a client's request is not served now. */
export type Refusal = {
  readonly kind: ClientError['kind']
  readonly code: string
  readonly message: string
  readonly retryAfterMs?: number
  readonly headers: Readonly<Record<string, string>>
}

/** A client's request is served; its answer tells what is left of the client's limits. */
export type Granted = { readonly kind: 'granted'; readonly headers: Readonly<Record<string, string>> }

/** An answer that is kept, and the target that gave it. */
export type CachedAnswer = { readonly answer: Answer; readonly target: string }

/** What came of a request that was to get an answer: one to keep, its client went away before that, or nothing to keep. */
export type LeadEnd = CachedAnswer | 'gone' | undefined

/** What the cache says of a request: an answer, or that this one is to get it; `settle` must then be called once. */
export type CacheEntry =
  /** `similarity` (0–1): the answer was given to another question that means the same. */
  | { readonly kind: 'hit'; readonly cached: CachedAnswer; readonly similarity?: number }
  | { readonly kind: 'lead'; readonly settle: (end: LeadEnd) => void }

type Reserved = Refusal | Granted | undefined

/** What the relay works with; wired in one place, given in tests. */
export type RelayDeps = {
  /** The live configuration; a request keeps the one it began with. */
  readonly config: () => Config
  readonly plan: (input: PlanInput, config: Config) => Result<Plan, PlanProblem>
  /** Reads a large request in turns, before it is planned; undefined for others, where planning is quick. */
  readonly readAhead?: (exchange: Exchange, config: Config) => Promise<void> | undefined
  readonly pools: Pools
  readonly health: Pick<
    Health,
    | 'admit'
    | 'pickKey'
    | 'snapshot'
    | 'firstTokenTimeoutMs'
    | 'isDeadSince'
    | 'usualWaitMs'
    | 'longestAnswerMs'
    | 'listenOn'
    | 'leastBad'
  >
  readonly retryBudget: RetryBudget
  readonly hedgeBudget: HedgeBudget
  readonly signatures: SignatureVault
  /** What clients may name by its id; left out: nothing is kept. */
  readonly items?: ToldItems
  /** About how many tokens a request's prompt has: what an attempt cost that was ended before its provider told. */
  readonly estimateInput: (request: Request) => number
  /** Takes what the request will need of its client's limits; left out: nobody is limited. */
  readonly reserve?: (exchange: Exchange, plan: Plan) => Reserved | Promise<Reserved>
  /** Answers that are kept; left out: none are. */
  readonly cache?: (exchange: Exchange, plan: Plan) => Promise<CacheEntry> | undefined
  /** Sends a copy of the request elsewhere, as its model says; left out: nothing is copied. It returns at once. */
  readonly mirror?: (exchange: Exchange, plan: Plan, config: Config) => void
  /** Hears of a request that was answered; left out: nobody wants to know. */
  readonly served?: (exchange: Exchange, target: Target, usage: Usage | undefined) => void
  /** USD for the tokens; undefined where no price is known. */
  readonly costOf: (target: Target, usage: Usage) => number | undefined
  /** Hear everything, in this order. */
  readonly observers: readonly Observer[]
  /** Monotonic milliseconds. */
  readonly clock: Clock
  /** Seconds since the epoch. */
  readonly nowSeconds: () => number
  /** 0 ≤ x < 1. */
  readonly random: () => number
}
