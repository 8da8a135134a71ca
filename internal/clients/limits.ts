import type { BudgetConfig, ClientConfig } from '#config/config.ts'
import type { Take } from '#state/store.ts'

/** What a request is expected to take; put right when it has ended. */
export type Expected = { readonly requestId: string; readonly tokens: number; readonly usd: number }

/** The limits of a client that a request is held against. */
export type LimitName = 'concurrency' | 'requests' | 'tokens' | 'budget'

export type LimitedTake =
  | { readonly name: Exclude<LimitName, 'budget'>; readonly take: Take }
  | { readonly name: 'budget'; readonly take: Take; readonly budget: BudgetConfig }

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

// A request that is never heard of again (its instance died) frees its place after this.
const longestRequestMs = hourMs

/** Budgets are kept in billionths of a USD: whole numbers that many instances can add up exactly. */
export const nanoUsd = 1_000_000_000

/** What the request takes of its client's limits, the cheapest to give back first. */
export function takesFor(client: ClientConfig, expected: Expected, nowMs: number): readonly LimitedTake[] {
  // The braces keep a client's counters on one node of a Redis Cluster.
  const key = (name: string): string => `{${client.name}}:${name}`
  const takes: LimitedTake[] = []
  const { max_concurrent, rpm, tpm, budgets = [] } = client
  if (max_concurrent !== undefined) {
    const take = {
      kind: 'place',
      key: key('places'),
      id: expected.requestId,
      limit: max_concurrent,
      ttlMs: longestRequestMs,
    } as const
    takes.push({ name: 'concurrency', take })
  }
  if (rpm !== undefined) {
    takes.push({ name: 'requests', take: { kind: 'rate', key: key('rpm'), amount: 1, limit: rpm, windowMs: minuteMs } })
  }
  if (tpm !== undefined) {
    takes.push({
      name: 'tokens',
      take: { kind: 'rate', key: key('tpm'), amount: expected.tokens, limit: tpm, windowMs: minuteMs },
    })
  }
  for (const budget of budgets) {
    const { name, ttlMs } = periodAt(budget.per, nowMs)
    const amount = Math.ceil(expected.usd * nanoUsd)
    const limit = Math.round(budget.usd * nanoUsd)
    takes.push({ name: 'budget', budget, take: { kind: 'sum', key: key(`budget:${name}`), amount, limit, ttlMs } })
  }
  return takes
}

export type Period = BudgetConfig['per']

/** The period that a moment lies in (UTC): its name, and the time until it is over. A week begins on Monday. */
export function periodAt(per: Period, nowMs: number): { readonly name: string; readonly ttlMs: number } {
  const { startMs, endMs } = boundsOf(per, new Date(nowMs))
  return { name: `${per}:${new Date(startMs).toISOString().slice(0, per === 'hour' ? 13 : 10)}`, ttlMs: endMs - nowMs }
}

function boundsOf(per: Period, now: Date): { readonly startMs: number; readonly endMs: number } {
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()]
  switch (per) {
    case 'hour': {
      const startMs = Math.floor(now.getTime() / hourMs) * hourMs
      return { startMs, endMs: startMs + hourMs }
    }
    case 'day':
      return { startMs: Date.UTC(year, month, day), endMs: Date.UTC(year, month, day) + dayMs }
    case 'week': {
      const startMs = Date.UTC(year, month, day - ((now.getUTCDay() + 6) % 7))
      return { startMs, endMs: startMs + 7 * dayMs }
    }
    case 'month':
      return { startMs: Date.UTC(year, month), endMs: Date.UTC(year, month + 1) }
  }
}
