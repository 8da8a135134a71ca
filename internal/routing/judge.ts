import type { Usage } from '#canonical/answer.ts'
import type { Price, Target } from '#canonical/plan.ts'
import type { Request } from '#canonical/request.ts'
import type { Config } from '#config/config.ts'
import { estimateInput, estimateOutput } from '#pricing/estimate-tokens.ts'
import { costOf } from '#pricing/price.ts'
import { asksForCaching } from './affinity.ts'
import type { Facts } from './exclude.ts'
import type { PlanContext } from './plan-context.ts'

/** A target with all that speaks for or against it. */
export type Judged = { readonly target: Target; readonly facts: Facts }

/** Works out what the plan of a request rests on, for each target. `cached`: whether it matters who has read the prompt before. */
export function judge(
  request: Request,
  targets: readonly Target[],
  { config, context, cached }: { readonly config: Config; readonly context: PlanContext; readonly cached: boolean },
): readonly Judged[] {
  const inputTokens = estimateInput(request)
  const usage = { input: inputTokens, output: estimateOutput(request), cacheRead: 0, cacheWrite: 0, reasoning: 0 }
  const wantsImages = request.messages.some(({ parts }) => parts.some((part) => part.kind === 'image'))
  const readBy = cached ? context.readBy?.(request) : undefined
  return targets.map((target) => {
    const takesImages = config.providers.get(target.provider)?.type.quirksOf(target.model).chat?.images !== false
    const price = context.rates(target)
    const read = Math.min(readBy?.get(target.id) ?? 0, inputTokens)
    const cachedTokens = read > 0 && isCached(request, price) ? read : 0
    return {
      target,
      facts: {
        health: context.snapshot.of(target.id),
        price,
        estimatedUsd: price === undefined ? undefined : costOf(price, { ...usage, cacheRead: cachedTokens } satisfies Usage),
        cachedTokens,
        context: context.contextOf(target),
        inputTokens,
        takesImages,
        wantsImages,
        nowMs: context.nowMs,
      },
    }
  })
}

/**
 * Whether a target caches what it reads: by itself, where that costs nothing; where writing costs more, only when it is asked to.
 * A target without a known price may be a server of one's own: caching saves time there.
 */
function isCached(request: Request, price: Price | undefined): boolean {
  if (price === undefined) return true
  const { input, cachedInput = input, cacheWrite = input } = price
  return cachedInput < input && (cacheWrite <= input || asksForCaching(request))
}
