import type { KeyStatus } from '#health/key-status.ts'
import { pointSeconds } from '#health/recent.ts'
import { type ProviderProblem, problemsOf } from './problems.ts'
import type { StatusFacts } from './status-facts.ts'
import { isoTime, stateOf, type TargetFacts, targetStates, targetView, troubleView } from './target-view.ts'
import { usageView } from './usage-view.ts'
import { stateWords, verdictOf } from './verdict.ts'

/** Wildcard routes let clients name models: the page of somebody on call must not drown in them. */
const mostTargets = 200

/** What `/status` gives. */
export type Status = ReturnType<typeof statusView>

/** `/status`: where everything stands, for people and programs. */
export function statusView(facts: StatusFacts) {
  const { config, reload, lifecycle, costs } = facts
  const targets = worstFirst(facts.targets)
  const problems = problemsOf(targets, (provider) => facts.probes[provider])
  const { minute, fiveMinutes } = facts.traffic
  return {
    instance: facts.instance,
    version: facts.version,
    workers: facts.workers,
    started_at: isoTime(facts.startedAtMs),
    now: isoTime(facts.nowMs),
    state: lifecycle.draining ? 'draining' : lifecycle.started ? 'running' : 'starting',
    verdict: verdictOf(problems, fiveMinutes, reload.ok),
    problems: problems.map(problemView),
    alerts: facts.alerts.map(({ alert, target, text, sinceMs }) => ({
      alert,
      target,
      text,
      since: isoTime(sinceMs),
    })),
    in_flight: facts.inFlight,
    queued: facts.queued,
    traffic: { requests_per_minute: minute.attempts, last_5m: fiveMinutes },
    costs: {
      since: isoTime(costs.sinceMs),
      usd: costs.usd,
      saved_usd: costs.savedUsd,
      prompt_cache_saved_usd: costs.promptCacheSavedUsd,
      wasted_usd: Object.values(costs.wasted).reduce((sum, usd) => sum + usd, 0),
      wasted_by: costs.wasted,
    },
    ...(facts.cache === undefined ? {} : { cache: facts.cache }),
    ...(facts.usage === undefined ? {} : { usage: usageView(facts.usage) }),
    config: {
      path: config.path,
      digest: config.digest,
      loaded_at: isoTime(config.loadedAtMs),
      last_reload: { at: isoTime(reload.atMs), ok: reload.ok, reason: reload.reason, problems: reload.problems },
    },
    series_step_s: pointSeconds,
    targets: targets.slice(0, mostTargets).map(targetView),
    keys: facts.keys.map(keyView),
    targets_left_out: Math.max(0, targets.length - mostTargets),
    failovers: facts.failovers.map(({ atMs, requestId, route, from, to, reason, trouble }) => ({
      at: isoTime(atMs),
      request_id: requestId,
      route,
      from,
      to,
      reason,
      ...(trouble === undefined ? {} : { error: troubleView(trouble) }),
    })),
    models: config.models,
  }
}

/** A key by its place: `openai#2`, as alerts name it. */
function keyView({ provider, number, state, restsForMs, targets }: KeyStatus) {
  const limited = targets.length === 0 ? {} : { targets }
  return { key: `${provider}#${number}`, provider, state, rests_for_ms: Math.round(restsForMs), ...limited }
}

/** Those in trouble before all others. */
function worstFirst(targets: readonly TargetFacts[]): readonly TargetFacts[] {
  const trouble = (each: TargetFacts): number => Math.min(targetStates.indexOf(stateOf(each)), targetStates.indexOf('ok'))
  return targets.toSorted((left, right) => trouble(left) - trouble(right))
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
