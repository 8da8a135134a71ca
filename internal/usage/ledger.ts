import type { RequestEnded } from '#canonical/observe.ts'
import type { UsageKind } from './record.ts'
import { wastedUsd } from './wasted.ts'

/** What was used. Money in USD. */
export type UsageTotals = {
  readonly requests: number
  /** Those that ended without an answer. */
  readonly failed: number
  /** Answers from the cache, of the same question and of one that means the same. */
  readonly cacheHits: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadTokens: number
  readonly costUsd: number
  readonly wastedUsd: number
}

/** What one client used of one route at one target; empty where there was none. */
export type UsageGroup = UsageTotals & { readonly client: string; readonly route: string; readonly target: string }

export type UsageDay = {
  /** Of UTC: `2026-11-27`. */
  readonly day: string
  readonly totals: UsageTotals
  /** The dearest first. */
  readonly groups: readonly UsageGroup[]
}

/** What was used on the last days, in this process. */
export type UsageLedger = {
  readonly add: (event: RequestEnded, kind: UsageKind) => void
  /** The latest first; days without a request are left out. */
  readonly days: () => readonly UsageDay[]
}

export type LedgerOptions = {
  /** Milliseconds since the epoch. */
  readonly wallNowMs: () => number
  /** Days that are kept. Default 7. */
  readonly mostDays?: number
  /** Groups that are kept of a day; what comes later is counted as one client and target, `(others)`. Default 2,000. */
  readonly mostGroups?: number
}

type Sum = { -readonly [K in keyof UsageTotals]: UsageTotals[K] }
type Group = Sum & Pick<UsageGroup, 'client' | 'route' | 'target'>
type Names = Pick<UsageGroup, 'client' | 'route' | 'target'>
/** `last`: what was counted last, and where: the next one is mostly of the same. */
type Day = { readonly totals: Sum; readonly groups: Map<string, Group>; last: (Names & { readonly group: Group }) | undefined }

export function createLedger({ wallNowMs, mostDays = 7, mostGroups = 2000 }: LedgerOptions): UsageLedger {
  const days = new Map<string, Day>()
  let latest: { readonly dayNumber: number; readonly day: Day } | undefined

  // Each request asks, and writing a date out is slow.
  const today = (): Day => {
    const nowMs = wallNowMs()
    const dayNumber = Math.floor(nowMs / dayMs)
    if (latest?.dayNumber !== dayNumber) latest = { dayNumber, day: dayOf(new Date(nowMs).toISOString().slice(0, 10)) }
    return latest.day
  }
  const dayOf = (name: string): Day => {
    const known = days.get(name)
    if (known !== undefined) return known
    const made: Day = { totals: nothing(), groups: new Map(), last: undefined }
    days.set(name, made)
    const [oldest] = days.keys()
    if (days.size > mostDays && oldest !== undefined) days.delete(oldest)
    return made
  }
  const groupOf = (day: Day, { client = '', route, target }: RequestEnded): Group => {
    // Models and clients that others name are unbounded.
    const names = { client, route, target: target?.label ?? target?.id ?? '' }
    const { last } = day
    if (last?.client === client && last.route === route && last.target === names.target) return last.group
    const group = groupNamed(day, names)
    day.last = { ...names, group }
    return group
  }
  const groupNamed = ({ groups }: Day, names: Names): Group => {
    const found = groups.get(keyOf(names))
    if (found !== undefined) return found
    const kept = groups.size < mostGroups ? names : { client: others, route: others, target: others }
    const group = groups.get(keyOf(kept)) ?? { ...kept, ...nothing() }
    groups.set(keyOf(kept), group)
    return group
  }
  return {
    add(event, kind) {
      const day = today()
      addTo(day.totals, event, kind)
      addTo(groupOf(day, event), event, kind)
    },
    days: () =>
      [...days]
        .map(([day, { totals, groups }]) => ({
          day,
          totals: { ...totals },
          groups: [...groups.values()].sort((left, right) => spent(right) - spent(left)),
        }))
        .reverse(),
  }
}

const others = '(others)'
const dayMs = 86_400_000

function keyOf({ client, route, target }: Names): string {
  return `${client}\n${route}\n${target}`
}

function spent({ costUsd, wastedUsd: wasted }: UsageTotals): number {
  return costUsd + wasted
}

function addTo(sum: Sum, event: RequestEnded, kind: UsageKind): void {
  if (kind === 'request') {
    sum.requests++
    if (event.outcome !== 'ok' && event.outcome !== 'recovered') sum.failed++
    if (event.cache === 'hit' || event.cache === 'semantic') sum.cacheHits++
  }
  sum.inputTokens += event.usage?.input ?? 0
  sum.outputTokens += event.usage?.output ?? 0
  sum.cacheReadTokens += event.usage?.cacheRead ?? 0
  sum.costUsd += event.costUsd ?? 0
  sum.wastedUsd += wastedUsd(event) ?? 0
}

function nothing(): Sum {
  return {
    requests: 0,
    failed: 0,
    cacheHits: 0,
    inputTokens: 0,
    outputTokens: 0,
    cacheReadTokens: 0,
    costUsd: 0,
    wastedUsd: 0,
  }
}
