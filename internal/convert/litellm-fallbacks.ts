import { asArray, asObject, asString, type JsonObject } from '#lib/json.ts'
import type { Group } from './litellm-models.ts'
import type { Source } from './source.ts'

/** The models that are being made, and the targets of each name. */
export type Models = { readonly models: Map<string, Record<string, unknown>>; readonly groups: ReadonlyMap<string, Group> }

const kinds = ['fallbacks', 'context_window_fallbacks', 'content_policy_fallbacks'] as const

/** Fallbacks stand behind a model's own targets: at weight 0 where these share the traffic. */
export function addFallbacks(source: Source, into: Models): void {
  for (const block of ['router_settings', 'litellm_settings']) {
    const settings = asObject(source.data[block])
    for (const kind of kinds) addKind(source, [block, kind], asArray(settings[kind]), { ...into, kind })
    for (const fallback of asArray(settings['default_fallbacks'])) {
      for (const name of into.models.keys()) {
        const one: Fallback = { ...into, kind: 'fallbacks', name, fallbacks: [fallback] }
        if (name !== fallback) addFallback(source, [block, 'default_fallbacks'], one)
      }
    }
  }
}

type Path = readonly (string | number)[]

function addKind(source: Source, path: Path, entries: readonly unknown[], into: Omit<Fallback, 'name' | 'fallbacks'>): void {
  for (const [index, entry] of entries.entries()) {
    for (const [name, names] of Object.entries(asObject(entry))) {
      addFallback(source, [...path, index], { ...into, name, fallbacks: asArray(names) })
    }
  }
}

type Fallback = Models & { readonly kind: (typeof kinds)[number]; readonly name: string; readonly fallbacks: readonly unknown[] }

function addFallback(
  source: Source,
  path: readonly (string | number)[],
  { models, groups, kind, name, fallbacks }: Fallback,
): void {
  const model = models.get(name)
  if (model === undefined) return source.remark(path, `there is no model ${name}, so that its fallbacks are left out`)
  const own = asArray(model['targets'])
  const added = fallbacks.flatMap((fallback) => {
    const group = groups.get(String(fallback))
    if (group === undefined) source.remark(path, `the fallback ${String(fallback)} is no model of this file`)
    return group?.targets ?? []
  })
  const known = new Set(own.map(nameOf))
  const fresh = added.filter((target) => !known.has(nameOf(target)))
  const shared = model['strategy'] !== undefined && model['strategy'] !== 'fallback'
  model['targets'] = [
    ...own,
    ...fresh.map((target) => (shared ? { ...target, weight: 0 } : Object.keys(target).length === 1 ? target['target'] : target)),
  ]
  if (shared && model['strategy'] !== 'weighted' && fresh.length > 0) {
    source.remark(
      path,
      `the fallbacks of ${name} take part in its strategy (${String(model['strategy'])}): LiteLLM keeps them apart`,
    )
  }
  if (kind === 'content_policy_fallbacks') {
    model['retry'] = { on_failure: { content_filter: 'next' } }
  }
}

function nameOf(target: unknown): string {
  return typeof target === 'string' ? target : String(asObject(target)['target'])
}

export function addAliases(source: Source, router: JsonObject, models: Map<string, Record<string, unknown>>): void {
  for (const [alias, value] of Object.entries(asObject(router['model_group_alias']))) {
    const name = asString(value) ?? asString(asObject(value)['model'])
    const model = name === undefined ? undefined : models.get(name)
    if (model === undefined)
      source.remark(['router_settings', 'model_group_alias', alias], `${String(name)} is no model of this file`)
    else models.set(alias, structuredClone(model))
  }
}
