import type { DialectName } from '#canonical/request.ts'
import type { LimitedTake } from './limits.ts'

export type Level = {
  readonly used: number
  /** Until there is room again, or, where there is, until nothing of it is used any more. */
  readonly resetMs: number
  readonly dialect: DialectName
  /** By the clock of the store. */
  readonly nowMs: number
}

/**
 * What is left of a limit, in the headers that the vendors' SDKs and their users read.
 * Sources: platform.openai.com/docs/guides/rate-limits, docs.claude.com/en/api/rate-limits.
 */
export function limitHeaders(
  { name, take }: LimitedTake,
  { used, resetMs, dialect, nowMs }: Level,
): Readonly<Record<string, string>> {
  if (name !== 'requests' && name !== 'tokens') return {}
  const remaining = String(Math.max(0, Math.floor(take.limit - used)))
  switch (dialect) {
    case 'anthropic':
      return {
        [`anthropic-ratelimit-${name}-limit`]: String(take.limit),
        [`anthropic-ratelimit-${name}-remaining`]: remaining,
        [`anthropic-ratelimit-${name}-reset`]: new Date(nowMs + resetMs).toISOString(),
      }
    case 'gemini':
      return {}
    default:
      // OpenAI's names, which most others took over.
      return {
        [`x-ratelimit-limit-${name}`]: String(take.limit),
        [`x-ratelimit-remaining-${name}`]: remaining,
        [`x-ratelimit-reset-${name}`]: `${(resetMs / 1000).toFixed(3)}s`,
      }
  }
}

/** The same of all limits of a request that was let in; undefined where there is nothing to tell. */
export function headersOfGranted(
  takes: readonly LimitedTake[],
  used: readonly number[],
  about: Pick<Level, 'dialect' | 'nowMs'>,
): Readonly<Record<string, string>> | undefined {
  const headers: Record<string, string> = {}
  let some = false
  for (const [index, limited] of takes.entries()) {
    const { take } = limited
    if (take.kind !== 'rate') continue
    const level = used[index] ?? 0
    // As if it filled up evenly: what is used now is free again after its share of the window.
    Object.assign(headers, limitHeaders(limited, { used: level, resetMs: (level / take.limit) * take.windowMs, ...about }))
    some = true
  }
  return some ? headers : undefined
}
