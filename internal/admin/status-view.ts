import type { Config } from '#config/config.ts'
import type { ReloadState } from '#config/current.ts'
import type { Firing } from '#health/alert-board.ts'
import { pointSeconds, type Recent } from '#health/recent.ts'
import type { TargetStatus } from '#health/registry.ts'
import { type ProviderProblem, problemsOf } from './problems.ts'
import type { Lifecycle } from './routes.ts'
import { isoTime, stateOf, type TargetFacts, targetStates, targetView, troubleView } from './target-view.ts'
import { stateWords, verdictOf } from './verdict.ts'

export type StatusFacts = {
  /** The host's name, to tell instances apart. */
  readonly instance: string
  readonly version: string
  readonly startedAtMs: number
  readonly lifecycle: Lifecycle
  readonly config: Config
  readonly reload: ReloadState
  readonly targets: readonly TargetStatus[]
  readonly recent: Omit<Recent, 'observe' | 'probed' | 'spent'>
  readonly alerts: readonly Firing[]
  readonly cache?: CacheView | undefined
  readonly inFlight: number
  readonly queued: number
  /** Now, in milliseconds since the epoch and by the monotonic clock. */
  readonly wallNowMs: number
  readonly nowMs: number
}

/** What the cache keeps in this process. */
export type CacheView = {
  readonly entries: number
  readonly bytes: number
  readonly max_bytes: number
  /** Where vectors are, and what those in this process take. */
  readonly semantic?: { readonly vectors: 'memory' | 'redis'; readonly bytes: number }
}

/** Wildcard routes let clients name models: the page of somebody on call must not drown in them. */
const mostTargets = 200

/** What `/status` gives. */
export type Status = ReturnType<typeof statusView>

/** `/status`: where everything stands, for people and programs. */
export function statusView(facts: StatusFacts) {
  const { config, reload, lifecycle, recent } = facts
  const targets = targetsOf(facts)
  const problems = problemsOf(targets, recent.probe)
  const costs = recent.costs()
  const { minute, fiveMinutes } = recent.traffic()
  return {
    instance: facts.instance,
    version: facts.version,
    started_at: isoTime(facts.startedAtMs),
    now: isoTime(facts.wallNowMs),
    state: lifecycle.draining ? 'draining' : lifecycle.started ? 'running' : 'starting',
    verdict: verdictOf(problems, fiveMinutes, reload.ok),
    problems: problems.map(problemView),
    alerts: facts.alerts.map(({ alert, target, text, sinceMs }) => ({
      alert,
      target,
      text,
      since: isoTime(facts.wallNowMs - (facts.nowMs - sinceMs)),
    })),
    in_flight: facts.inFlight,
    queued: facts.queued,
    traffic: { requests_per_minute: minute.attempts, last_5m: fiveMinutes },
    costs: {
      since: isoTime(costs.sinceMs),
      usd: costs.usd,
      saved_usd: costs.savedUsd,
      prompt_cache_saved_usd: costs.promptCacheSavedUsd,
      wasted_usd: [...costs.wasted.values()].reduce((sum, usd) => sum + usd, 0),
      wasted_by: Object.fromEntries(costs.wasted),
    },
    ...(facts.cache === undefined ? {} : { cache: facts.cache }),
    config: {
      path: config.path,
      digest: config.digest,
      loaded_at: isoTime(config.loadedAtMs),
      last_reload: { at: isoTime(reload.atMs), ok: reload.ok, reason: reload.reason, problems: reload.problems },
    },
    series_step_s: pointSeconds,
    targets: targets.slice(0, mostTargets).map(targetView),
    targets_left_out: Math.max(0, targets.length - mostTargets),
    failovers: recent.failovers().map(({ atMs, requestId, route, from, to, reason, trouble }) => ({
      at: isoTime(atMs),
      request_id: requestId,
      route,
      from,
      to,
      reason,
      ...(trouble === undefined ? {} : { error: troubleView(trouble) }),
    })),
    models: config.models.map((model) => ({
      name: model.name,
      strategy: model.strategy,
      targets: model.targets.map(({ id }) => id),
    })),
  }
}

/** The targets of the file in its order, then those that clients named; those in trouble before all others. */
function targetsOf({ config, targets, recent }: StatusFacts): readonly TargetFacts[] {
  const byId = new Map(targets.map((target) => [target.target, target]))
  const named = config.models.flatMap((model) => model.targets).filter(({ id }) => !id.includes('*'))
  const providers = new Map(named.map(({ id, provider }) => [id, provider]))
  for (const { target, provider } of targets) providers.set(target, provider)
  const { byTarget } = recent.costs()
  const facts = [...providers].map(([target, provider]) => {
    const health = byId.get(target)
    const isOut = health !== undefined && health.breaker !== 'closed'
    return { target, provider, health, recent: recent.target(target, isOut), costUsd: byTarget.get(target) ?? 0 }
  })
  const trouble = (each: TargetFacts): number => Math.min(targetStates.indexOf(stateOf(each)), targetStates.indexOf('ok'))
  return facts.toSorted((left, right) => trouble(left) - trouble(right))
}

function problemView({ sinceMs, last, probe, attempts, failed, ...rest }: ProviderProblem) {
  return {
    ...rest,
    text: stateWords[rest.state],
    ...(sinceMs === undefined ? {} : { since: isoTime(sinceMs) }),
    last_5m: { attempts, failed },
    ...(last === undefined ? {} : { last_error: troubleView(last) }),
    ...(probe === undefined ? {} : { probe_error: probe }),
  }
}
