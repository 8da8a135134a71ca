import type { IncomingHttpHeaders } from 'node:http'
import type { DialectName } from '#canonical/request.ts'
import { dialectByName } from '#dialect/registry.ts'
import type { HandlerDeps, Incoming } from './handler-deps.ts'

/** With errors in the dialect that the client seems to speak, for paths that are not one dialect's own: its SDK reads no other. */
export function speakingTo({ request, target }: Incoming, deps: HandlerDeps): HandlerDeps {
  const spoken = spokenAt(target.path, request.headers)
  return spoken === undefined ? deps : { ...deps, fallbackDialect: dialectByName(spoken) }
}

/** What tells the vendors' SDKs apart; undefined when nothing does. */
function spokenAt(path: string, headers: IncomingHttpHeaders): DialectName | undefined {
  if (/\/v1(?:beta|alpha)(?:\/|$)/.test(path) || headers['x-goog-api-key'] !== undefined) return 'gemini'
  if (headers['anthropic-version'] !== undefined || /\/messages(?:\/|$)/.test(path)) return 'anthropic'
  return /\/responses(?:\/|$)/.test(path) ? 'openai-responses' : undefined
}
