import { type ErrorHeaders, sensibleWait } from '../classify-error.ts'

/** How long a limit lasts. `permanent`: waiting does not cure it. */
export type Wait = { readonly retryAfterMs?: number; readonly permanent?: boolean }

/** Reads the wait from where servers put it besides `retry-after`: the headers of the spent limits, or the text. */
export function waitOf(headers: ErrorHeaders, message: string): Wait {
  if (isTooLarge(message)) return { permanent: true }
  const resets = ['requests', 'tokens', 'input-images'].flatMap((kind) => {
    // A limit that is not spent did not refuse the request.
    if (Number(headers[`x-ratelimit-remaining-${kind}`] ?? 'none') !== 0) return []
    return durationMs(headers[`x-ratelimit-reset-${kind}`] ?? '') ?? []
  })
  if (resets.length > 0) return { retryAfterMs: Math.max(...resets) }
  const told = /(?:try again|retry) in (?<wait>[\d.]+\s*m?s\b|[\dhm]+[\dhms.]*s)/i.exec(message)?.groups?.['wait']
  const retryAfterMs = told === undefined ? undefined : durationMs(told.replace(/\s+/g, ''))
  return retryAfterMs === undefined ? {} : { retryAfterMs }
}

/** One request that needs more than the limit of a whole minute: OpenAI, Groq. */
function isTooLarge(message: string): boolean {
  const match = /Limit:? (?<limit>[\d,]+).*Requested:? ~?(?<requested>[\d,]+)/i.exec(message)
  const number = (text: string | undefined): number => Number((text ?? '').replaceAll(',', ''))
  return match !== null && number(match.groups?.['requested']) > number(match.groups?.['limit'])
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A duration as Go writes it: `130ms`, `1s`, `6m0s`, `1.574s`. A plain number is in seconds. */
export function durationMs(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return sensibleWait(Number(text) * 1000)
  if (!/^(\d+(\.\d+)?(ms|[smhd]))+$/.test(text)) return undefined
  let total = 0
  for (const [, value, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)) {
    total += Number(value) * (units[unit ?? ''] ?? 0)
  }
  return sensibleWait(Math.ceil(total))
}
