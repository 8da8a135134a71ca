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
type Field = { readonly kind: string; readonly field: 'limit' | 'remaining' | 'reset' }
type Limit = { limit?: string; remaining?: string; reset?: string }
type Scarcity = { readonly headroom: number; readonly reset?: string }

// `x-ratelimit-remaining-requests`, `vendor-ratelimit-input-tokens-reset`, `x-ratelimit-remaining`, `x-ratelimit-limit-req-minute`.
const pattern = /^(?:[a-z]+-)?ratelimit-(?:(limit|remaining|reset)(?:-(.+))?|(.+)-(limit|remaining|reset))$/
// Limits of something else (images, a day's batch jobs) must not stop ordinary requests.
const counted = /^(?:req|requests|tokens|input-tokens|output-tokens)(?:-(?:minute|hour|day))?$/

/**
 * Reads the headers of an answer, lower-case names. Moments are made relative by the answer's own `date`, else by `wallNowMs`
 * (epoch milliseconds), so that a wrong clock here does no harm.
 */
export function readLimits(headers: Headers, wallNowMs: number): LimitHints {
  const sentMs = (): number => dateMs(headers['date']) ?? wallNowMs
  const found = scarcest(headers, sentMs)
  const resetMs = found?.reset === undefined ? undefined : readReset(found.reset, sentMs)
  const retryAfterMs = readRetryAfter(headers, sentMs)
  return {
    ...(found === undefined ? {} : { headroom: found.headroom }),
    ...(resetMs === undefined ? {} : { resetMs }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
}

function scarcest(headers: Headers, sentMs: () => number): Scarcity | undefined {
  let found: Scarcity | undefined
  for (const limit of collect(headers)?.values() ?? []) {
    const scarcity = scarcityOf(limit)
    if (scarcity !== undefined && (found === undefined || isScarcer(scarcity, found, sentMs))) found = scarcity
  }
  return found
}

function collect(headers: Headers): ReadonlyMap<string, Limit> | undefined {
  let limits: Map<string, Limit> | undefined
  for (const header in headers) {
    const known = fieldOf(header)
    if (known === undefined) continue
    limits ??= new Map()
    const limit = limits.get(known.kind) ?? {}
    limits.set(known.kind, limit)
    const text = headers[header]
    if (text !== undefined) limit[known.field] = text
  }
  return limits
}

// Every answer of a provider has the same names: taking them apart each time would cost more than all the rest here.
const knownFields = new Map<string, Field | undefined>()
const mostKnownFields = 200

function fieldOf(header: string): Field | undefined {
  if (!header.includes('ratelimit-')) return undefined
  if (knownFields.has(header)) return knownFields.get(header)
  const match = pattern.exec(header)
  const kind = match?.[2] ?? match?.[3] ?? ''
  const field = match?.[1] ?? match?.[4]
  const known = isFieldName(field) && (kind === '' || counted.test(kind)) ? { kind, field } : undefined
  if (knownFields.size < mostKnownFields) knownFields.set(header, known)
  return known
}

function isFieldName(text: string | undefined): text is Field['field'] {
  return text === 'limit' || text === 'remaining' || text === 'reset'
}

function scarcityOf({ limit, remaining, reset }: Limit): Scarcity | undefined {
  const left = readCount(remaining)
  const all = readCount(limit)
  if (left === undefined || all === 0 || (all === undefined && left > 0)) return undefined
  const headroom = left === 0 ? 0 : Math.min(1, left / (all ?? left))
  return reset === undefined ? { headroom } : { headroom, reset }
}

/** Of two that are equally scarce, the one that stays so for longer. */
function isScarcer(left: Scarcity, right: Scarcity, sentMs: () => number): boolean {
  if (left.headroom !== right.headroom) return left.headroom < right.headroom
  return (readReset(left.reset ?? '', sentMs) ?? 0) > (readReset(right.reset ?? '', sentMs) ?? 0)
}

/** `retry-after-ms` wins, unless it says 0 (seen beside a `retry-after` of a second). RFC 9110 §10.2.3: seconds or a date. */
function readRetryAfter(headers: Headers, sentMs: () => number): number | undefined {
  const exactMs = readCount(headers['retry-after-ms'])
  if (exactMs !== undefined && exactMs > 0) return exactMs
  const text = headers['retry-after']
  if (text === undefined) return exactMs
  const seconds = readCount(text)
  if (seconds !== undefined) return seconds * 1000
  const atMs = dateMs(text)
  return atMs === undefined ? undefined : Math.max(0, atMs - sentMs())
}

/** A duration (`6m0s`, `12ms`), seconds, seconds or milliseconds since the epoch, or a moment (RFC 3339). */
function readReset(text: string, sentMs: () => number): number | undefined {
  const number = readCount(text)
  if (number === undefined) {
    const atMs = dateMs(text)
    return readDuration(text) ?? (atMs === undefined ? undefined : Math.max(0, atMs - sentMs()))
  }
  if (number > 1e11) return Math.max(0, number - sentMs())
  if (number > 1e9) return Math.max(0, number * 1000 - sentMs())
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

function readCount(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+(?:\.\d+)?$/.test(text)) return undefined
  return Number(text)
}

function dateMs(text: string | undefined): number | undefined {
  const ms = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}
