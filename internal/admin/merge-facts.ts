import type { KeyStatus } from '#health/key-status.ts'
import type { RecentProbe, RecentTarget } from '#health/recent.ts'
import type { Point, Tally } from '#health/series.ts'
import type { Quantiles } from '#health/snapshot.ts'
import type { Episode } from '#health/trouble.ts'
import { mergeDays } from '#usage/merge-days.ts'
import type { AlertFacts, CacheView, CostFacts, StatusFacts } from './status-facts.ts'
import type { TargetFacts, TargetHealthFacts } from './target-view.ts'

const mostFailovers = 20

/**
 * What several workers know, as one: what is counted is added, what has a state is told by the worst. Quantiles are means weighted by
 * the number of attempts, since those of all attempts together cannot be had from them. Undefined without any worker.
 */
export function mergeFacts(all: readonly StatusFacts[]): StatusFacts | undefined {
  const [first] = all
  if (first === undefined) return undefined
  // A file that one worker refused is what the operator must see.
  const { reload, config } = all.find((facts) => !facts.reload.ok) ?? first
  return {
    ...first,
    workers: all.length,
    startedAtMs: Math.min(...all.map(({ startedAtMs }) => startedAtMs)),
    nowMs: Math.max(...all.map(({ nowMs }) => nowMs)),
    lifecycle: {
      started: all.some(({ lifecycle }) => lifecycle.started),
      draining: all.every(({ lifecycle }) => lifecycle.draining),
    },
    config,
    reload,
    targets: mergeTargets(all.map(({ targets }) => targets)),
    keys: mergeKeys(all.map(({ keys }) => keys)),
    probes: mergeProbes(all.map(({ probes }) => probes)),
    traffic: {
      minute: sumTallies(all.map(({ traffic }) => traffic.minute)),
      fiveMinutes: sumTallies(all.map(({ traffic }) => traffic.fiveMinutes)),
    },
    costs: mergeCosts(all.map(({ costs }) => costs)),
    failovers: all
      .flatMap(({ failovers }) => failovers)
      .toSorted((left, right) => right.atMs - left.atMs)
      .slice(0, mostFailovers),
    alerts: mergeAlerts(all.flatMap(({ alerts }) => alerts)),
    cache: mergeCaches(all.flatMap(({ cache }) => cache ?? [])),
    usage: mergeDays(all.map(({ usage }) => usage ?? [])),
    inFlight: sum(all, ({ inFlight }) => inFlight),
    queued: sum(all, ({ queued }) => queued),
  }
}

function mergeTargets(all: readonly (readonly TargetFacts[])[]): readonly TargetFacts[] {
  const byId = Map.groupBy(all.flat(), ({ target }) => target)
  return [...byId.values()].flatMap((same) => {
    const [first] = same
    if (first === undefined) return []
    return {
      target: first.target,
      provider: first.provider,
      health: mergeHealth(same.flatMap(({ health }) => health ?? [])),
      recent: mergeRecent(same.flatMap(({ recent }) => recent ?? [])),
      costUsd: sum(same, ({ costUsd }) => costUsd),
    }
  })
}

/** Each key as the worker sees it that lets it rest longest. */
function mergeKeys(all: readonly (readonly KeyStatus[])[]): readonly KeyStatus[] {
  const same = Map.groupBy(all.flat(), ({ provider, number }) => `${provider}#${number}`)
  return [...same.values()].flatMap((keys) => keys.toSorted((left, right) => right.restsForMs - left.restsForMs)[0] ?? [])
}

const severity: Readonly<Record<TargetHealthFacts['breaker'], number>> = { open: 2, half_open: 1, closed: 0 }

function mergeHealth(all: readonly TargetHealthFacts[]): TargetHealthFacts | undefined {
  const [worst] = all.toSorted((left, right) => severity[right.breaker] - severity[left.breaker] || left.share - right.share)
  if (worst === undefined) return undefined
  const samples = sum(all, (one) => one.samples)
  return {
    ...worst,
    restsForMs: Math.max(...all.map(({ restsForMs }) => restsForMs)),
    errorRatio: samples === 0 ? 0 : sum(all, (one) => one.errorRatio * one.samples) / samples,
    samples,
    inFlight: sum(all, ({ inFlight }) => inFlight),
    latencyMs: mergeQuantiles(all, ({ latencyMs }) => latencyMs),
    firstTokenMs: mergeQuantiles(all, ({ firstTokenMs }) => firstTokenMs),
  }
}

function mergeQuantiles(
  all: readonly TargetHealthFacts[],
  of: (health: TargetHealthFacts) => Quantiles | undefined,
): Quantiles | undefined {
  const known = all.flatMap((health) => {
    const quantiles = of(health)
    return quantiles === undefined ? [] : [{ quantiles, weight: health.samples }]
  })
  const weight = sum(known, (one) => one.weight)
  if (weight === 0) return known[0]?.quantiles
  const mean = (q: keyof Quantiles): number => sum(known, (one) => one.quantiles[q] * one.weight) / weight
  return { p50: mean('p50'), p95: mean('p95'), p99: mean('p99') }
}

function mergeRecent(all: readonly RecentTarget[]): RecentTarget | undefined {
  const [first] = all
  if (first === undefined) return undefined
  const episode = mergeEpisodes(all.flatMap((recent) => recent.episode ?? []))
  const length = Math.max(...all.map(({ points }) => points.length))
  return {
    target: first.target,
    minute: sumTallies(all.map(({ minute }) => minute)),
    fiveMinutes: sumTallies(all.map(({ fiveMinutes }) => fiveMinutes)),
    // The newest points are of the same half minute.
    points: Array.from({ length }, (_, index) => mergePoints(all.flatMap(({ points }) => points.at(index - length) ?? []))),
    ...(episode === undefined ? {} : { episode }),
  }
}

function mergePoints(points: readonly Point[]): Point {
  const { attempts, failed } = sumTallies(points)
  const answered = points.flatMap((point) => (point.meanMs === undefined ? [] : { ms: point.meanMs, count: answersOf(point) }))
  const count = sum(answered, (one) => one.count)
  return { attempts, failed, meanMs: count === 0 ? undefined : sum(answered, (one) => one.ms * one.count) / count }
}

function answersOf({ attempts, failed }: Tally): number {
  return attempts - failed
}

function mergeEpisodes(all: readonly Episode[]): Episode | undefined {
  const [newest] = all.toSorted((left, right) => right.last.atMs - left.last.atMs)
  if (newest === undefined) return undefined
  return {
    ...newest,
    sinceMs: Math.min(...all.map(({ sinceMs }) => sinceMs)),
    attempts: sum(all, ({ attempts }) => attempts),
    failed: sum(all, ({ failed }) => failed),
  }
}

/** The newest of each provider; that it fails began when the first worker saw it. */
function mergeProbes(all: readonly StatusFacts['probes'][]): StatusFacts['probes'] {
  const merged: Record<string, RecentProbe> = {}
  for (const [name, probe] of all.flatMap((probes) => Object.entries(probes))) {
    const known = merged[name]
    const newer = known === undefined || probe.atMs > known.atMs ? probe : known
    const since = [known?.failingSinceMs, probe.failingSinceMs].flatMap((ms) => ms ?? [])
    merged[name] = newer.ok ? newer : { ...newer, failingSinceMs: Math.min(newer.atMs, ...since) }
  }
  return merged
}

function mergeCosts(all: readonly CostFacts[]): CostFacts {
  const wasted: Record<string, number> = {}
  for (const costs of all) for (const [reason, usd] of Object.entries(costs.wasted)) wasted[reason] = (wasted[reason] ?? 0) + usd
  return {
    sinceMs: Math.min(...all.map(({ sinceMs }) => sinceMs)),
    usd: sum(all, ({ usd }) => usd),
    savedUsd: sum(all, ({ savedUsd }) => savedUsd),
    promptCacheSavedUsd: sum(all, ({ promptCacheSavedUsd }) => promptCacheSavedUsd),
    wasted,
  }
}

/** Each process keeps its own answers. */
function mergeCaches(all: readonly CacheView[]): CacheView | undefined {
  const [first] = all
  if (first === undefined) return undefined
  const { semantic } = first
  return {
    entries: sum(all, ({ entries }) => entries),
    bytes: sum(all, ({ bytes }) => bytes),
    max_bytes: sum(all, ({ max_bytes }) => max_bytes),
    ...(semantic === undefined
      ? {}
      : { semantic: { vectors: semantic.vectors, bytes: sum(all, (cache) => cache.semantic?.bytes ?? 0) } }),
  }
}

/** Each alert once, since it began first. */
function mergeAlerts(all: readonly AlertFacts[]): readonly AlertFacts[] {
  const earliest = new Map<string, AlertFacts>()
  for (const alert of all.toSorted((left, right) => left.sinceMs - right.sinceMs)) {
    const key = `${alert.alert} ${alert.target}`
    if (!earliest.has(key)) earliest.set(key, alert)
  }
  return [...earliest.values()]
}

function sumTallies(all: readonly Tally[]): Tally {
  return { attempts: sum(all, ({ attempts }) => attempts), failed: sum(all, ({ failed }) => failed) }
}

function sum<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((total, one) => total + of(one), 0)
}
