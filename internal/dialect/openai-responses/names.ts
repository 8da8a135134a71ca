import type { Tool } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'

/** A tool's name as this API writes it: functions of different namespaces may share one. */
export type ScopedName = { readonly name: string; readonly namespace?: string }

/**
 * Namespace and name in one, which is how a grouped tool is called everywhere else: other dialects know no groups. A tool's
 * name never depends on which other tools there are, so that it is the same in every turn.
 */
export function qualifiedName({ name, namespace }: ScopedName): string {
  return namespace === undefined ? name : prefixOf(namespace) + name
}

/** Codex names its groups `mcp__server__`, which separates already. */
function prefixOf(namespace: string): string {
  return namespace.endsWith('__') ? namespace : `${namespace}__`
}

/** The way back: what the client calls the tool of this name. */
export function scopedName(tools: readonly Tool[], name: string): ScopedName {
  const tool = tools.find((known) => known.kind !== 'builtin' && known.name === name)
  const namespace = tool === undefined || tool.kind === 'builtin' ? undefined : tool.namespace
  return namespace === undefined ? { name } : { name: name.slice(prefixOf(namespace).length), namespace }
}

/**
 * The name under which the tool of a call or of a choice is declared. Two spellings differ from the declaration: OpenAI gives
 * a deferred function its own name as namespace, and some clients leave the namespace out.
 */
export function declaredName(tools: readonly Tool[], called: ScopedName): string {
  const named = tools.flatMap((tool) => (tool.kind === 'builtin' ? [] : [tool.name]))
  const qualified = qualifiedName(called)
  if (named.includes(qualified)) return qualified
  if (named.includes(called.name) || called.namespace === called.name) return called.name
  if (called.namespace !== undefined) return qualified
  const [only, ...others] = named.filter((name) => scopedName(tools, name).name === called.name)
  return only === undefined || others.length > 0 ? qualified : only
}

/** The two fields of a call's item, a tool or a choice. */
export function scopedNameIn(name: string, namespace: unknown): ScopedName {
  return compact({ name, namespace: typeof namespace === 'string' && namespace !== '' ? namespace : undefined })
}
