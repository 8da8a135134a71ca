import type { IncomingHttpHeaders } from 'node:http'
import type { Hints } from '#canonical/plan.ts'
import { err, ok, type Result } from '#lib/result.ts'
import type { Identity } from './handler-deps.ts'

/**
 * Headers of the client that a provider of the same dialect gets. Everything else stays here: cookies, keys, addresses,
 * and whatever an SDK or a proxy before us adds.
 */
const forwarded = ['anthropic-beta', 'anthropic-version', 'openai-beta'] as const

export function forwardedHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {}
  for (const name of forwarded) {
    const value = headers[name]
    if (typeof value === 'string') kept[name] = value
  }
  return kept
}

/** A request id that came along is taken over when it is one: it goes into logs and headers. */
export function requestIdOf(headers: IncomingHttpHeaders, make: () => string): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : make()
}

export type HintProblem = { readonly header: string; readonly message: string }

/** Reads the `x-outrigger-*` headers; one that cannot be read is an error, since ignoring it would break a promise. */
export function readHints(headers: IncomingHttpHeaders, client: Identity | undefined): Result<Hints, HintProblem> {
  const priority = text(headers, 'x-outrigger-priority') ?? 'normal'
  if (priority !== 'low' && priority !== 'normal' && priority !== 'high')
    return bad('x-outrigger-priority', 'must be low, normal or high')
  const maxCost = text(headers, 'x-outrigger-max-cost')
  const maxCostUsd = maxCost === undefined ? undefined : Number(maxCost)
  if (maxCostUsd !== undefined && !(maxCostUsd > 0)) return bad('x-outrigger-max-cost', 'must be an amount of USD above 0')
  const timeout = text(headers, 'x-outrigger-timeout')
  const timeoutMs = timeout === undefined ? undefined : durationMs(timeout)
  if (timeout !== undefined && timeoutMs === undefined)
    return bad('x-outrigger-timeout', 'must be a duration such as 500ms, 30s or 2m')
  const tier = client?.tier ?? text(headers, 'x-outrigger-tier')
  return ok({
    priority,
    tags: tagsOf(text(headers, 'x-outrigger-tags'), client),
    cacheOff: text(headers, 'x-outrigger-cache') === 'off',
    headers: flat(headers),
    tier,
    maxCostUsd,
    timeoutMs,
    client: client?.name,
  })
}

const noTags: Readonly<Record<string, string>> = {}

/** What is set for the client goes over what it says. */
function tagsOf(said: string | undefined, client: Identity | undefined): Readonly<Record<string, string>> {
  const tags = said === undefined ? noTags : readTags(said)
  return client?.tags === undefined ? tags : { ...tags, ...client.tags }
}

/** `a,b` and `k=v`: a tag without a value has the value `true`. */
function readTags(value: string): Readonly<Record<string, string>> {
  const tags: Record<string, string> = {}
  for (const entry of value.split(',')) {
    const [name, tagValue] = entry.split('=', 2)
    const key = name?.trim()
    if (key !== undefined && key !== '') tags[key] = tagValue?.trim() ?? 'true'
  }
  return tags
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

function durationMs(value: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(value)
  const unit = units[match?.[2] ?? '']
  const ms = unit === undefined ? 0 : Number(match?.[1]) * unit
  return ms > 0 ? ms : undefined
}

function text(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function flat(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  if (isFlat(headers)) return headers
  const result: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (typeof value === 'string') result[name] = value
  }
  return result
}

/** All but this one are joined where they came more than once. */
function isFlat(headers: IncomingHttpHeaders): headers is Record<string, string> {
  return headers['set-cookie'] === undefined
}

function bad(header: string, message: string): Result<Hints, HintProblem> {
  return err({ header, message })
}
