import type { ProviderDialectName, Request } from './request.ts'

/** `provider/model`: the name of a target in config, logs, metrics and headers. */
export type TargetId = string

/** USD per million tokens. */
export type Price = {
  readonly input: number
  readonly output: number
  readonly cachedInput?: number
  readonly cacheWrite?: number
  readonly cacheWrite1h?: number
  /** Other rates for parts of the day; the first that fits the moment holds. */
  readonly during?: readonly PriceDuring[]
}

/** Rates that hold from one minute of the day to another (that one is outside), in a time zone. */
export type PriceDuring = Omit<Price, 'during'> & {
  readonly between: { readonly from: number; readonly to: number; readonly zone: string }
}

/** One model at one provider: the unit that is healthy or not, has a price and a window. */
export type Target = {
  readonly id: TargetId
  /** The provider's name in the routing file. */
  readonly provider: string
  /** The model's name at the provider. */
  readonly model: string
  /** The dialect the provider speaks. */
  readonly dialect: ProviderDialectName
  readonly weight: number
  /**
   * Its name in metrics, when that is not its id: a model that the client named (`openai/gpt-x` under `openai/*`) must not
   * become a label.
   */
  readonly label?: string
  /** Overrides the catalogue. */
  readonly price?: Price
  /** Context window in tokens, where known. */
  readonly context?: number
  /** Abilities that it does not have, as the routing file says. */
  readonly lacks?: readonly string[]
}

/** A sentence, or how to come by it: hardly any plan is ever read by a person, so its sentences are made when one asks. */
export type Reason = string | (() => string)

export function reasonText(reason: Reason): string {
  return typeof reason === 'string' ? reason : reason()
}

/** A target's place in the order, with the reason why it stands there. */
export type Step = {
  readonly target: Target
  readonly reason: Reason
  readonly estimatedUsd?: number
  /** The answer is asked to have no more tokens, since more would cost more than the client allows. */
  readonly maxOutput?: number
  /** Its breaker is open, but no more targets may be out at once: it is asked all the same. */
  readonly keptIn?: boolean
}

/** A target that was left out, and why. */
export type Exclusion = { readonly target: Target; readonly reason: string; readonly kind: ExclusionKind }

export type ExclusionKind =
  | 'breaker_open'
  | 'resting'
  | 'draining'
  | 'price'
  | 'budget'
  | 'context'
  | 'capability'
  | 'rule'
  | 'rate_limit'

/** The order in which targets are tried for one request, decided before the first is called. What is not known may be left out or undefined: the latter is cheaper to write. */
export type Plan = {
  /** The key of `models` that matched, or `provider/model` when the client named a target. */
  readonly route: string
  /** The strategy that ordered the steps. */
  readonly strategy: string
  readonly steps: readonly Step[]
  /** Targets that can serve the request but are not well: asked when every step has failed, since an error is certain then. */
  readonly spares?: readonly Step[] | undefined
  readonly excluded: readonly Exclusion[]
  /** The first target of the model that was asked for: what answers would cost without routing. */
  readonly baseline?: Target | undefined
  /** The index of the rule that applied. */
  readonly rule?: number | undefined
  /** The client wants only targets that can take every field of its request. */
  readonly requireAll?: boolean | undefined
}

/** Why no plan could be made; `code` is what the client sees. */
export type PlanProblem = {
  readonly code:
    | 'model_not_found'
    | 'no_target_available'
    | 'no_target_within_max_cost'
    | 'context_length_exceeded'
    | 'unsupported_by_target'
    | 'unknown_provider_field'
  readonly message: string
  readonly excluded: readonly Exclusion[]
  /** When the first of the excluded targets may take traffic again. */
  readonly retryAfterMs?: number
}

/** What the client says besides the body: the `x-outrigger-*` headers and who it is. What it does not say may be left out or undefined. */
export type Hints = {
  readonly tier?: string | undefined
  readonly priority: 'low' | 'normal' | 'high'
  readonly tags: Readonly<Record<string, string>>
  readonly maxCostUsd?: number | undefined
  readonly timeoutMs?: number | undefined
  readonly cacheOff: boolean
  /** The virtual key's name, when `clients` are configured. */
  readonly client?: string | undefined
  /** Lower-case names of the headers that a rule matches on. */
  readonly headers: Readonly<Record<string, string>>
}

/** What a plan is made from. */
export type PlanInput = { readonly request: Request; readonly hints: Hints }
