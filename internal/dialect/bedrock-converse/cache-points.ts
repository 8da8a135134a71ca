import type { CacheHint, Json } from '#canonical/request.ts'
import { asArray, asObject, compact, isObject } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'

/** Four are taken. Source: docs.aws.amazon.com/bedrock, Prompt caching. */
const most = 4

/** The mark that everything up to here may be cached, where the model takes one at that place. */
export function cachePoint(
  hint: CacheHint | undefined,
  place: 'tools' | 'system' | 'messages',
  { quirks }: EncodeTarget,
): readonly Json[] {
  if (hint === undefined || quirks.converse?.cachePoints?.includes(place) !== true) return []
  const ttl = hint.ttl?.endsWith('h') === true ? '1h' : undefined
  return [{ cachePoint: compact({ type: 'default', ttl }) }]
}

/** Where cache points may stand, in the order in which they are read. */
export type Cacheable = { readonly tools: readonly Json[]; readonly system: readonly Json[]; readonly messages: readonly Json[] }

/**
 * Keeps what is allowed: the first point (what all requests share) and the last ones (the longest prefixes). A point of an hour
 * behind one of five minutes is refused, so it becomes one of five minutes.
 */
export function limitCachePoints({ tools, system, messages }: Cacheable): Cacheable {
  const contents = messages.map((message) => asArray(message['content']).filter(isObject))
  const total = [tools, system, ...contents].flat().filter(isPoint).length
  let seen = 0
  let short = false
  const keep = (block: Json): readonly Json[] => {
    if (!isPoint(block)) return [block]
    const at = seen++
    if (at > 0 && total - at >= most) return []
    if (asObject(block['cachePoint'])['ttl'] === undefined) short = true
    return [short ? { cachePoint: { type: 'default' } } : block]
  }
  return {
    tools: tools.flatMap(keep),
    system: system.flatMap(keep),
    messages: messages.map((message, index) => ({ ...message, content: (contents[index] ?? []).flatMap(keep) })),
  }
}

export function isPoint(block: Json): boolean {
  return isObject(block['cachePoint'])
}
