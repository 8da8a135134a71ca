import type { Observer, RequestEnded } from '#canonical/observe.ts'
import type { Plan, Target } from '#canonical/plan.ts'
import type { Config, MirrorRoute, ModelRoute } from '#config/config.ts'
import { ok } from '#lib/result.ts'
import { piecesOf } from '#lib/slices/pieces.ts'
import type { RelayDeps } from './deps.ts'
import { type ClientPort, type Exchange, ownConversation } from './exchange.ts'
import { relay } from './relay.ts'
import { createSignatureVault } from './signatures.ts'

/** Sends copies of requests to another target and throws the answers away: what they took and cost is all that is wanted. */
export type Mirror = (exchange: Exchange, plan: Plan, config: Config) => void

/** What became of a copy: how it ended, or that it was not made since too many were under way. */
export type MirrorTold = {
  readonly ended: (event: RequestEnded, target: Target) => void
  readonly skipped: (route: string, target: Target) => void
  /** An error inside the relay, which must not reach the caller. */
  readonly bug: (error: unknown, requestId: string) => void
}

/** `deps` are the relay's own; of them the copies tell nobody, so that they weigh on no breaker, budget or bill of a client. */
export function createMirror(deps: RelayDeps, told: MirrorTold): Mirror {
  const underWay = new Map<string, number>()
  const send = (exchange: Exchange, plan: Plan, { target }: MirrorRoute, config: Config): Promise<unknown> => {
    const observe: Observer = (event) => {
      if (event.kind === 'request_ended') told.ended(event, target)
    }
    return relay(copyOf(exchange, deps), copyDeps(deps, target, { plan, config, observe }))
  }
  return (exchange, plan, config) => {
    const mirror = config.models.find(({ name }) => name === plan.route)?.mirror
    if (mirror === undefined || !isCopied(exchange) || deps.random() >= mirror.share) return
    const count = underWay.get(plan.route) ?? 0
    if (count >= mirror.max_concurrent) return told.skipped(plan.route, mirror.target)
    underWay.set(plan.route, count + 1)
    const done = (): void => void underWay.set(plan.route, (underWay.get(plan.route) ?? 1) - 1)
    // The caller's own request has been sent by then.
    setImmediate(() => {
      send(exchange, plan, mirror, config)
        .catch((error: unknown) => told.bug(error, exchange.requestId))
        .finally(done)
    })
  }
}

/** Images and the like cost too much to be made twice; what another provider keeps, this target does not have. */
function isCopied({ operation, request }: Exchange): boolean {
  const { state } = request
  return operation === undefined && state?.previousResponseId === undefined && state?.background !== true
}

function copyOf({ requestId, dialect, request, hints, forward, bytesIn }: Exchange, { clock }: RelayDeps): Exchange {
  const { maxCostUsd: _limit, client: _client, ...kept } = hints
  const copied = { requestId, dialect, request, hints: kept, forward, bytesIn }
  return { ...ownConversation, ...copied, client: nobody(), startedMs: clock.now() }
}

/** Reads everything and keeps nothing; it never goes away. */
function nobody(): ClientPort {
  let written = 0
  return {
    head() {},
    write(text) {
      written += text.length
      return true
    },
    onDrain() {},
    written: () => written,
    end(body = '') {
      for (const piece of piecesOf(body)) written += piece.length
    },
    onGone() {},
    abort() {},
  }
}

type Copy = { readonly plan: Plan; readonly config: Config; readonly observe: Observer }

function copyDeps(deps: RelayDeps, target: Target, { plan, config, observe }: Copy): RelayDeps {
  const { pools, estimateInput, costOf, clock, nowSeconds, random, health } = deps
  const once = onceOnly(config)
  const steps = [{ target, reason: 'mirrored' }]
  return {
    config: () => once,
    plan: () => ok({ route: plan.route, strategy: 'mirror', steps, excluded: [] }),
    pools,
    // Nobody tells health of the end of a copy: it must book no trial.
    health: { ...health, admit: () => 'normal' },
    retryBudget: { request() {}, tryRetry: () => false },
    hedgeBudget: { request() {}, tryHedge: () => false },
    // Of a vault of its own, since the answers are of no conversation that goes on.
    signatures: createSignatureVault(clock.now),
    estimateInput,
    costOf,
    observers: [observe],
    clock,
    nowSeconds,
    random,
  }
}

const known = new WeakMap<Config, Config>()

/** The same file, but a copy is tried once: how often a target fails is what is to be seen. */
function onceOnly(config: Config): Config {
  const found = known.get(config)
  if (found !== undefined) return found
  const { hedge: _hedge, ...rest } = config
  const retry = { ...config.retry, attempts: 1 }
  const models = config.models.map((model): ModelRoute => ({ ...model, retry: { ...(model.retry ?? retry), attempts: 1 } }))
  const once: Config = { ...rest, retry, models }
  known.set(config, once)
  return once
}
