import type { Usage } from '#canonical/answer.ts'
import type { Need } from '#canonical/needs.ts'
import type { Price, Target } from '#canonical/plan.ts'
import type { Request } from '#canonical/request.ts'
import type { Config } from '#config/config.ts'
import { estimateOutput } from '#pricing/estimate-tokens.ts'
import { costOf } from '#pricing/price.ts'
import { asksForCaching } from './affinity.ts'
import type { Facts } from './exclude.ts'
import type { OnlyAt } from './openrouter-fields.ts'
import type { PlanContext } from './plan-context.ts'

/** A target with all that speaks for or against it. */
export type Judged = { readonly target: Target; readonly facts: Facts }

/** What the facts are worked out from. */
export type JudgeContext = {
  readonly config: Config
  readonly context: PlanContext
  readonly route: string
  /** What the client allows the request to cost. */
  readonly maxCostUsd: number | undefined
  readonly inputTokens: number
  readonly needs: ReadonlySet<Need>
  /** Whether it matters who has read the prompt before. */
  readonly cached: boolean
  /** Fields of the body that only providers of this vendor honour. */
  readonly onlyAt: OnlyAt | undefined
}

/** Works out what the plan of a request rests on, for each target. */
export function judge(
  request: Request,
  targets: readonly Target[],
  { config, context, route, maxCostUsd, inputTokens, needs, cached, onlyAt }: JudgeContext,
): readonly Judged[] {
  const output = estimateOutput(request, context.usualOutput?.(route))
  const usage = { input: inputTokens, output, cacheRead: 0, cacheWrite: 0, reasoning: 0 }
  const readBy = cached ? context.readBy?.(request) : undefined
  return targets.map((target) => {
    const { price, context: window } = context.offerOf(target, context.wallNowMs, inputTokens)
    const read = readBy?.get(target.id)
    const cachedTokens = read !== undefined && (read.cached ?? isCached(request, price)) ? Math.min(read.tokens, inputTokens) : 0
    const there: Usage = cachedTokens === 0 ? usage : { ...usage, cacheRead: cachedTokens }
    return {
      target,
      facts: {
        health: context.snapshot.of(target.id),
        price,
        estimatedUsd: price === undefined ? undefined : costOf(price, there),
        affordable: price === undefined || maxCostUsd === undefined ? undefined : affordable(price, there, maxCostUsd),
        cachedTokens,
        context: window,
        inputTokens,
        missing: missingAt(target, config, needs, onlyAt),
        nowMs: context.nowMs,
      },
    }
  })
}

/** How many tokens of answer the money is enough for, once the prompt is paid; below 0 when not even that is. */
function affordable(price: Price, usage: Usage, maxCostUsd: number): number {
  const leftUsd = maxCostUsd - costOf(price, { ...usage, output: 0 })
  if (leftUsd < 0) return -1
  return price.output === 0 ? Number.POSITIVE_INFINITY : Math.floor((leftUsd * 1_000_000) / price.output)
}

const lacking: Readonly<Record<Need, string>> = {
  tools: 'it has no tools',
  vision: 'it takes no images',
  audio: 'it takes no audio',
  files: 'it takes no files',
  json_schema: 'it follows no JSON schema',
  reasoning: 'it does not reason',
}

/** Why the target cannot do what is needed. What its dialect cannot write is found when the request is written for it. */
function missingAt(target: Target, config: Config, needs: ReadonlySet<Need>, onlyAt: OnlyAt | undefined): string | undefined {
  if (needs.size > 0) {
    for (const need of needs) if (target.lacks?.includes(need) === true) return lacking[need]
    if (needs.has('vision') && quirksOf(target, config)?.chat?.images === false) return lacking.vision
  }
  if (onlyAt === undefined || quirksOf(target, config)?.vendor === onlyAt.vendor) return undefined
  return `it does not know ${onlyAt.fields.map((field) => `provider.${field}`).join(', ')}`
}

function quirksOf({ provider, model }: Target, config: Config) {
  return config.providers.get(provider)?.type.quirksOf(model)
}

/**
 * Whether a target is likely to cache what it reads: by itself, where that costs nothing; where writing costs more, only when it is asked to.
 * A target without a known price may be a server of one's own: caching saves time there.
 */
function isCached(request: Request, price: Price | undefined): boolean {
  if (price === undefined) return true
  const { input, cachedInput = input, cacheWrite = input } = price
  return cachedInput < input && (cacheWrite <= input || asksForCaching(request))
}
