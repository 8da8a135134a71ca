import type { RecentProbe } from '#health/recent.ts'
import type { Trouble } from '#health/trouble.ts'
import { stateOf, type TargetFacts, type TargetState, targetStates } from './target-view.ts'

/** A provider that does not do as it should, the first thing that a person on call must see. */
export type ProviderProblem = {
  readonly provider: string
  readonly state: TargetState | 'probe_failing'
  /** When it began, in milliseconds since the epoch; undefined when it began before anybody looked. */
  readonly sinceMs: number | undefined
  /** Those that have the problem. */
  readonly targets: readonly string[]
  /** How many targets of the provider there are. */
  readonly of: number
  readonly last: Trouble | undefined
  readonly attempts: number
  readonly failed: number
  /** Why its probe failed, when it did. */
  readonly probe?: string
}

/** The providers in trouble, the worst first. */
export function problemsOf(
  targets: readonly TargetFacts[],
  probeOf: (provider: string) => RecentProbe | undefined,
): readonly ProviderProblem[] {
  const providers = [...new Set(targets.map(({ provider }) => provider))]
  const found = providers.flatMap((provider) => {
    const all = targets.filter((target) => target.provider === provider)
    return problemOf(provider, all, probeOf(provider)) ?? []
  })
  return found.toSorted((left, right) => rank(left) - rank(right) || (left.sinceMs ?? 0) - (right.sinceMs ?? 0))
}

function problemOf(provider: string, all: readonly TargetFacts[], probe: RecentProbe | undefined): ProviderProblem | undefined {
  const bad = all
    .map((facts) => ({ facts, state: stateOf(facts) }))
    .filter(({ state }) => state !== 'ok' && state !== 'idle')
    .toSorted((left, right) => targetStates.indexOf(left.state) - targetStates.indexOf(right.state))
  const worst = bad[0]
  const probeFails = probe !== undefined && !probe.ok
  if (worst === undefined && !probeFails) return undefined
  const episodes = bad.flatMap(({ facts }) => facts.recent?.episode ?? [])
  const starts = episodes.map(({ sinceMs }) => sinceMs)
  const sum = (key: 'attempts' | 'failed'): number =>
    all.reduce((total, { recent }) => total + (recent?.fiveMinutes[key] ?? 0), 0)
  return {
    provider,
    state: worst?.state ?? 'probe_failing',
    sinceMs: worst === undefined ? probe?.failingSinceMs : starts.length === 0 ? undefined : Math.min(...starts),
    targets: bad.map(({ facts }) => facts.target),
    of: all.length,
    last: episodes.map(({ last }) => last).toSorted((left, right) => right.atMs - left.atMs)[0],
    attempts: sum('attempts'),
    failed: sum('failed'),
    ...(probeFails ? { probe: probe.reason } : {}),
  }
}

function rank({ state }: ProviderProblem): number {
  return state === 'probe_failing' ? targetStates.indexOf('degraded') + 0.5 : targetStates.indexOf(state)
}
