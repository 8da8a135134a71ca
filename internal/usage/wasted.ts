import type { RequestEnded } from '#canonical/observe.ts'

/** What was paid for attempts without an answer to show for it, in USD; undefined for nothing. */
export function wastedUsd({ attempts }: Pick<RequestEnded, 'attempts'>): number | undefined {
  const usd = attempts.reduce((sum, { wasted }) => sum + (wasted?.usd ?? 0), 0)
  return usd === 0 ? undefined : usd
}
