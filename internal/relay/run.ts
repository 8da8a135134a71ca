import { leftByClient } from '#canonical/failure.ts'
import type { RelayEvent } from '#canonical/observe.ts'
import type { Plan } from '#canonical/plan.ts'
import type { Config, ModelRoute } from '#config/config.ts'
import type { AnswerContext } from '#dialect/dialect.ts'
import type { Clock } from '#lib/clock.ts'
import { announce } from './announce.ts'
import type { Attempt } from './attempt.ts'
import type { RelayDeps } from './deps.ts'
import type { Exchange } from './exchange.ts'
import { type CacheResult, openRecord, type RequestRecord } from './record.ts'
import { answerHeaders } from './response-headers.ts'
import { openStreamOut, type StreamOut } from './stream-out.ts'

/** The rules that one request runs by. */
export type Policy = Pick<Config, 'retry' | 'timeouts' | 'stream'> & Pick<ModelRoute, 'unsupported'>

/** Whether the client is still there, and what ends when it goes: attempts under way, or the wait between two. */
export type Presence = { gone: boolean; readonly endings: Set<() => void> }

/** One planned request under way: what its attempts share. */
export type Run = {
  readonly exchange: Exchange
  readonly plan: Plan
  /** The configuration it began with. */
  readonly config: Config
  /** What the model has of its own, else what stands at the top of the file. */
  readonly policy: Policy
  readonly deps: RelayDeps
  /** Another one when a second attempt wins. */
  record: RequestRecord
  readonly answerContext: AnswerContext
  /** For streams: the client's end. Another one when a second attempt wins. */
  out?: StreamOut
  /** By the monotonic clock, when the whole request must have ended. */
  readonly deadlineMs: number
  readonly presence: Presence
  /** The attempt under way, or the last one. */
  attempt: Attempt | undefined
  /** Called when the answer begins for the client. */
  onCommit: () => void
  /** What the cache said; after `miss` it wants the answer. Undefined where it was not asked. */
  readonly cache: CacheResult | undefined
  /** Of an answer to another question that means the same: how alike the two are, 0–1. */
  readonly similarity?: number | undefined
  /** What is left of the client's limits, as its SDK reads it. */
  readonly limitHeaders?: Readonly<Record<string, string>> | undefined
}

export type RunOptions = Pick<Run, 'config' | 'deps' | 'cache' | 'similarity' | 'limitHeaders'>

/** The model's own settings, and over them those of the rule that applied. */
function policyOf({ route, rule: index, requireAll }: Plan, config: Config): Policy {
  const usual = usualPolicy(route, config)
  const rule = index === undefined ? undefined : config.rules[index]
  if (rule?.retry === undefined && rule?.timeouts === undefined && requireAll !== true) return usual
  return {
    ...usual,
    retry: { ...usual.retry, attempts: rule?.retry?.attempts ?? usual.retry.attempts },
    timeouts: { ...usual.timeouts, ...rule?.timeouts },
    ...(requireAll === true ? { unsupported: 'error' } : {}),
  }
}

/** The policies of a configuration's models, and of routes that are none of them. */
type Policies = { readonly byModel: ReadonlyMap<string, Policy>; readonly other: Policy }

const policies = new WeakMap<Config, Policies>()

function usualPolicy(route: string, config: Config): Policy {
  let known = policies.get(config)
  if (known === undefined) {
    known = {
      byModel: new Map(config.models.map((model) => [model.name, policyOfModel(model, config)])),
      other: policyOfModel(undefined, config),
    }
    policies.set(config, known)
  }
  return known.byModel.get(route) ?? known.other
}

function policyOfModel(model: ModelRoute | undefined, config: Config): Policy {
  const unsupported = model?.unsupported
  return {
    retry: model?.retry ?? config.retry,
    timeouts: model?.timeouts ?? config.timeouts,
    stream: model?.stream ?? config.stream,
    ...(unsupported === undefined ? {} : { unsupported }),
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

export function openRun(exchange: Exchange, plan: Plan, { config, deps, cache, similarity, limitHeaders }: RunOptions): Run {
  const record = openRecord()
  const answerContext: AnswerContext = {
    request: exchange.request,
    requestId: exchange.requestId,
    nowSeconds: deps.nowSeconds(),
  }
  const policy = policyOf(plan, config)
  const run: Run = {
    exchange,
    plan,
    config,
    policy,
    deps,
    record,
    answerContext,
    deadlineMs: exchange.startedMs + Math.min(policy.timeouts.total, exchange.hints.timeoutMs ?? Number.POSITIVE_INFINITY),
    presence: { gone: false, endings: new Set() },
    attempt: undefined,
    onCommit: () => {},
    cache,
    similarity,
    limitHeaders,
  }
  if (exchange.request.stream) run.out = openOut(run)
  return run
}

/** A beginning of a streamed answer that nobody has seen yet. */
export function openOut(run: Run): StreamOut {
  const { exchange, answerContext, policy, deps } = run
  return openStreamOut({
    dialect: exchange.dialect,
    context: answerContext,
    client: exchange.client,
    headers: () => answerHeaders(run),
    onCommit: () => run.onCommit(),
    mayBegin: holdBack(policy.stream.hold, deps.clock),
    keep: run.cache === 'miss',
  })
}

export function tell(run: Run, event: RelayEvent): void {
  announce(run.exchange, run.deps, event)
}

/** Milliseconds until the request's deadline. */
export function leftMs(run: Run): number {
  return run.deadlineMs - run.deps.clock.now()
}

/** The client closed its connection: ends what runs for it. */
export function clientGone({ presence }: Run): void {
  presence.gone = true
  for (const end of presence.endings) end()
}

/** Ends the attempt when the client goes; to be taken back when it has ended by itself. */
export function whileHere({ presence }: Run, attempt: Attempt): () => void {
  const end = (): void => attempt.cancel(leftByClient('body'))
  if (presence.gone) end()
  presence.endings.add(end)
  return () => void presence.endings.delete(end)
}

/** Waits; cut short when the client goes. */
export async function wait({ presence, deps, record }: Run, ms: number): Promise<void> {
  if (ms <= 0 || presence.gone) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const cancel = deps.clock.after(ms, resolve)
  presence.endings.add(resolve)
  record.waitedMs += ms
  await promise
  cancel()
  presence.endings.delete(resolve)
}
