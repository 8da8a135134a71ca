import type { Json } from '#canonical/request.ts'
import { asArray, isObject } from '#lib/json.ts'

/** Anthropic takes four breakpoints; its automatic caching counts as one. Source: docs.anthropic.com, Prompt caching. */
const maxHints = 4

/** The parts of a request that may hold cache hints, in the order in which the provider reads them. */
export type Cacheable = { readonly tools: readonly Json[]; readonly system: readonly Json[]; readonly messages: readonly Json[] }

/**
 * Keeps what is allowed of the hints: the first (what all requests share) and the last ones (the longest prefixes). A hint of
 * an hour after one of five minutes is refused, so it becomes one of five minutes.
 */
export function limitCacheHints({ tools, system, messages }: Cacheable, automatic: boolean): Cacheable {
  const counter = { seen: 0, total: 0, short: false, room: automatic ? maxHints - 1 : maxHints }
  const parts = { tools, system, messages }
  counter.total = count(parts)
  if (counter.total === 0) return parts
  return {
    tools: tools.map((block) => keep(block, counter)),
    system: system.map((block) => keep(block, counter)),
    messages: messages.map((message) => ({
      ...message,
      content: asArray(message['content']).map((block) => (isObject(block) ? keep(block, counter) : block)),
    })),
  }
}

function count({ tools, system, messages }: Cacheable): number {
  const blocks = [...tools, ...system, ...messages.flatMap((message) => asArray(message['content']))]
  return blocks.filter((block) => isObject(block) && isObject(block['cache_control'])).length
}

type Counter = { seen: number; readonly total: number; readonly room: number; short: boolean }

function keep(block: Json, counter: Counter): Json {
  const { cache_control: control, ...bare } = block
  if (!isObject(control)) return block
  const at = counter.seen++
  const fits = at === 0 || counter.total - at < counter.room
  if (!fits) return bare
  if (control['ttl'] !== '1h') counter.short = true
  return counter.short && control['ttl'] === '1h' ? { ...bare, cache_control: { type: 'ephemeral' } } : block
}
