import type { RelayEvent } from '#canonical/observe.ts'
import type { Plan } from '#canonical/plan.ts'
import type { Config, ModelRoute } from '#config/config.ts'
import type { AnswerContext } from '#dialect/dialect.ts'
import type { Clock } from '#lib/clock.ts'
import type { Attempt } from './attempt.ts'
import type { RelayDeps } from './deps.ts'
import type { Exchange } from './exchange.ts'
import { openRecord, type RequestRecord } from './record.ts'
import { answerHeaders } from './response-headers.ts'
import { openStreamOut, type StreamOut } from './stream-out.ts'

/** The rules that one request runs by. */
export type Policy = Pick<Config, 'retry' | 'timeouts' | 'stream'> & Pick<ModelRoute, 'unsupported'>

/** One planned request under way: what its attempts share. */
export type Run = {
  readonly exchange: Exchange
  readonly plan: Plan
  /** The configuration it began with. */
  readonly config: Config
  /** What the model has of its own, else what stands at the top of the file. */
  readonly policy: Policy
  readonly deps: RelayDeps
  readonly record: RequestRecord
  readonly answerContext: AnswerContext
  /** For streams: the client's end. */
  readonly out?: StreamOut
  /** By the monotonic clock, when the whole request must have ended. */
  readonly deadlineMs: number
  /** The client closed its connection. */
  gone: boolean
  /** What to end when the client goes: the attempt under way, or the wait between two. */
  onGone: () => void
}

function policyOf(route: string, config: Config): Policy {
  const model = config.models.find(({ name }) => name === route)
  return {
    retry: model?.retry ?? config.retry,
    timeouts: model?.timeouts ?? config.timeouts,
    stream: model?.stream ?? config.stream,
    ...(model?.unsupported === undefined ? {} : { unsupported: model.unsupported }),
  }
}

/** Whether an answer of that many characters may begin for the client. */
function holdBack(hold: Config['stream']['hold'], clock: Clock): (characters: number) => boolean {
  let sinceMs: number | undefined
  switch (hold.kind) {
    case 'first_token':
      return () => true
    case 'tokens':
      return (characters) => characters >= hold.tokens * charactersPerToken
    case 'duration':
      return () => {
        sinceMs ??= clock.now()
        return clock.now() - sinceMs >= hold.ms
      }
  }
}

// Rough: what matters is that a held answer is long enough to show that it lives.
const charactersPerToken = 4

export function openRun(exchange: Exchange, plan: Plan, config: Config, deps: RelayDeps): Run {
  const record = openRecord()
  const answerContext: AnswerContext = {
    request: exchange.request,
    requestId: exchange.requestId,
    nowSeconds: deps.nowSeconds(),
  }
  const policy = policyOf(plan.route, config)
  const { hold } = policy.stream
  const base = {
    exchange,
    plan,
    config,
    policy,
    deps,
    record,
    answerContext,
    deadlineMs: exchange.startedMs + Math.min(policy.timeouts.total, exchange.hints.timeoutMs ?? Number.POSITIVE_INFINITY),
    gone: false,
    onGone: () => {},
  }
  if (!exchange.request.stream) return base
  const out = openStreamOut({
    dialect: exchange.dialect,
    context: answerContext,
    client: exchange.client,
    headers: () => answerHeaders(base),
    onCommit: () => {},
    mayBegin: holdBack(hold, deps.clock),
  })
  return { ...base, out }
}

export function tell(run: Run, event: RelayEvent): void {
  for (const observe of run.deps.observers) observe(event)
}

/** Milliseconds until the request's deadline. */
export function leftMs(run: Run): number {
  return run.deadlineMs - run.deps.clock.now()
}

/** Ends the attempt when the client goes, while it runs. */
export function endWhenGone(run: Run, attempt: Attempt): void {
  run.onGone = () => attempt.cancel({ kind: 'cancelled', phase: 'body', message: 'the client went away' })
  if (run.gone) run.onGone()
}

/** Waits; cut short when the client goes. */
export function wait(run: Run, ms: number): Promise<void> {
  if (ms <= 0 || run.gone) return Promise.resolve()
  const { promise, resolve } = Promise.withResolvers<void>()
  const cancel = run.deps.clock.after(ms, resolve)
  run.onGone = () => {
    cancel()
    resolve()
  }
  run.record.waitedMs += ms
  return promise
}
