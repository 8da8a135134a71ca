import { needsOf } from '#canonical/needs.ts'
import type { Current } from '#config/current.ts'
import { createGuard, type Guard } from '#guardrails/guard.ts'
import type { AskHook } from '#guardrails/hook.ts'
import type { Clock } from '#lib/clock.ts'
import { estimateInput } from '#pricing/estimate-tokens.ts'
import type { Logger } from '#telemetry/log.ts'
import type { Metrics } from '#telemetry/metrics.ts'
import type { Pools } from '#upstream/pools.ts'
import { postText } from '#upstream/post-text.ts'
import { quietly } from './quietly.ts'

export type StartGuardrailsDeps = {
  readonly current: Current
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
  readonly pools: Pools
}

/** The guardrails of the routing file, and what is told of them. */
export function startGuardrails({ current, clock, log, metrics, pools }: StartGuardrailsDeps): Guard {
  const tell = quietly((facts) => log.warn(facts, 'the hook of a guardrail gives no answer'))
  return createGuard({
    config: current.get,
    ask: askOver(pools),
    estimateInput,
    needsOf,
    nowMs: clock.now,
    wallNowMs: Date.now,
    told: {
      acted: (guardrail, action) => metrics.guardrailActions.inc({ guardrail, action }),
      found: (guardrail, pattern, where) => metrics.guardrailRedactions.inc({ guardrail, pattern, where }),
      asked: (guardrail, durationMs) => metrics.guardrailHookDuration.observe({ guardrail }, durationMs / 1000),
      failed: (guardrail, reason) => tell({ guardrail, reason }),
    },
  })
}

// A rewritten request is not larger than a request may be by default.
const longestAnswer = 32 * 1024 * 1024

/** Only the address in the file is asked. */
function askOver(pools: Pools): AskHook {
  return (url, body, { headers, timeoutMs }) =>
    postText(pools, new URL(url), body, { headers, timeoutMs, mostBytes: longestAnswer })
}
