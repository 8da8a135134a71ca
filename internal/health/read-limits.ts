/** What a provider's headers tell about its limits. */
export type LimitHints = {
  /** 0–1: the least of what is left of requests and tokens. */
  readonly headroom?: number
  /** Until the scarcest of them is full again. */
  readonly resetMs?: number
  /** From `retry-after-ms` and `retry-after`. */
  readonly retryAfterMs?: number
}

type Headers = Readonly<Record<string, string>>
type Limit = { limit?: number; remaining?: number; resetMs?: number }

// `x-ratelimit-remaining-requests`, `vendor-ratelimit-input-tokens-reset`, `x-ratelimit-remaining`, `x-ratelimit-limit-req-minute`.
const name = /^(?:[a-z]+-)?ratelimit-(?:(limit|remaining|reset)(?:-(.+))?|(.+)-(limit|remaining|reset))$/
// Limits of something else (images, a day's batch jobs) must not stop ordinary requests.
const counted = /^(?:req|requests|tokens|input-tokens|output-tokens)(?:-(?:minute|hour|day))?$/

/**
 * Reads the headers of an answer, lower-case names. Moments are made relative by the answer's own `date`, else by `wallNowMs`
 * (epoch milliseconds), so that a wrong clock here does no harm.
 */
export function readLimits(headers: Headers, wallNowMs: number): LimitHints {
  const sentMs = dateMs(headers['date']) ?? wallNowMs
  const retryAfterMs = readRetryAfter(headers, sentMs)
  return { ...scarcest(collect(headers, sentMs)), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
}

function collect(headers: Headers, sentMs: number): Map<string, Limit> {
  const limits = new Map<string, Limit>()
  for (const header in headers) {
    if (!header.includes('ratelimit-')) continue
    const match = name.exec(header)
    const field = match?.[1] ?? match?.[4]
    const kind = match?.[2] ?? match?.[3] ?? ''
    if (field === undefined || (kind !== '' && !counted.test(kind))) continue
    const limit = limits.get(kind) ?? {}
    limits.set(kind, limit)
    setField(limit, field, headers[header] ?? '', sentMs)
  }
  return limits
}

function setField(limit: Limit, field: string, text: string, sentMs: number): void {
  const value = field === 'reset' ? readReset(text, sentMs) : readCount(text)
  if (value === undefined) return
  if (field === 'limit') limit.limit = value
  else if (field === 'remaining') limit.remaining = value
  else limit.resetMs = value
}

type Scarcity = { readonly headroom: number; readonly resetMs?: number }

function scarcest(limits: ReadonlyMap<string, Limit>): Scarcity | undefined {
  let found: Scarcity | undefined
  for (const limit of limits.values()) {
    const scarcity = scarcityOf(limit)
    if (scarcity !== undefined && (found === undefined || isScarcer(scarcity, found))) found = scarcity
  }
  return found
}

function scarcityOf({ limit, remaining, resetMs }: Limit): Scarcity | undefined {
  if (remaining === undefined || limit === 0 || (limit === undefined && remaining > 0)) return undefined
  const headroom = remaining === 0 ? 0 : Math.min(1, remaining / (limit ?? remaining))
  return resetMs === undefined ? { headroom } : { headroom, resetMs }
}

function isScarcer(left: Scarcity, right: Scarcity): boolean {
  return left.headroom === right.headroom ? (left.resetMs ?? 0) > (right.resetMs ?? 0) : left.headroom < right.headroom
}

/** `retry-after-ms` wins, unless it says 0 (seen beside a `retry-after` of a second). RFC 9110 §10.2.3: seconds or a date. */
function readRetryAfter(headers: Headers, sentMs: number): number | undefined {
  const exactMs = readCount(headers['retry-after-ms'] ?? '')
  if (exactMs !== undefined && exactMs > 0) return exactMs
  const text = headers['retry-after']
  if (text === undefined) return exactMs
  const seconds = readCount(text)
  if (seconds !== undefined) return seconds * 1000
  const atMs = dateMs(text)
  return atMs === undefined ? undefined : Math.max(0, atMs - sentMs)
}

/** A duration (`6m0s`, `12ms`), seconds, seconds or milliseconds since the epoch, or a moment (RFC 3339). */
function readReset(text: string, sentMs: number): number | undefined {
  const number = readCount(text)
  if (number === undefined) {
    const atMs = dateMs(text)
    return readDuration(text) ?? (atMs === undefined ? undefined : Math.max(0, atMs - sentMs))
  }
  if (number > 1e11) return Math.max(0, number - sentMs)
  if (number > 1e9) return Math.max(0, number * 1000 - sentMs)
  return number * 1000
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** As Go prints durations: `1h2m3.5s`. */
function readDuration(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/.test(text)) return undefined
  let totalMs = 0
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)) totalMs += Number(count) * (unitMs[unit ?? ''] ?? 0)
  return totalMs
}

function readCount(text: string): number | undefined {
  return /^\s*\d+(?:\.\d+)?\s*$/.test(text) ? Number(text) : undefined
}

function dateMs(text: string | undefined): number | undefined {
  const ms = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}
