import { type Asked, type ClientDialect, clientDialects, naturalEnd } from '../support/askers.ts'
import { plainAsk } from './plain-ask.ts'

/** What a crowd of callers saw. */
export type Crowd = {
  readonly requests: number
  /** What callers must not see: errors, wrong texts, missing endings; each in words. */
  readonly failures: readonly string[]
  /** Milliseconds, ascending. */
  readonly latencies: readonly number[]
}

export type CrowdOptions = {
  readonly url: string
  readonly model: string
  /** Callers at the same time; each asks again when it has its answer. */
  readonly callers: number
  readonly requests: number
  /** The answer that every question has. */
  readonly expected: string
  readonly onAsked?: () => void
}

/** Asks whole and streamed in all four dialects, and checks every word of every answer. */
export async function askAsCrowd(options: CrowdOptions): Promise<Crowd> {
  const failures: string[] = []
  const latencies: number[] = []
  let next = 0
  const caller = async (): Promise<void> => {
    while (next < options.requests) {
      const at = next++
      const dialect = clientDialects[at % clientDialects.length] ?? 'chat'
      const stream = at % 8 < 6
      const asked = await plainAsk(options.url, { dialect, stream, model: options.model })
      latencies.push(asked.ms)
      const wrong = wrongWith(asked, dialect, options.expected)
      if (wrong !== undefined) failures.push(`${dialect} ${stream ? 'stream' : 'whole'}: ${wrong}`)
      options.onAsked?.()
    }
  }
  await Promise.all(Array.from({ length: options.callers }, caller))
  return { requests: options.requests, failures, latencies: latencies.sort((a, b) => a - b) }
}

function wrongWith(asked: Asked, dialect: ClientDialect, expected: string): string | undefined {
  if (asked.error !== undefined) return `${asked.error.status} ${asked.error.message}`
  if (asked.text !== expected) return `another text: ${asked.text}`
  return asked.finish === naturalEnd[dialect] ? undefined : `ended with ${asked.finish}`
}

/** The value below which this share lies. */
export function percentile(ascending: readonly number[], share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(share * ascending.length))] ?? 0
}
