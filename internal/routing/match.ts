import type { Target } from '#canonical/plan.ts'
import type { Config, ModelRoute } from '#config/config.ts'
import { flat } from '#lib/flat-text.ts'

/** A route with its targets filled in. */
export type Matched = {
  readonly route: string
  readonly strategy: string
  readonly targets: readonly Target[]
  /** The entry of `models`; undefined when the client named a target. */
  readonly model: ModelRoute | undefined
}

/** Finds what a model's name leads to: an exact name, then a wildcard (the longest first), then `provider/model`. */
export function matchModel(name: string, config: Config): Matched | undefined {
  const exact = exactModels(config).get(name)
  if (exact !== undefined) return { route: exact.name, strategy: exact.strategy, targets: exact.targets, model: exact }
  return matchWildcard(name, config) ?? matchProvider(name, config)
}

const indexes = new WeakMap<Config, ReadonlyMap<string, ModelRoute>>()

/** A file may have hundreds of models: they are looked up, not searched. */
function exactModels(config: Config): ReadonlyMap<string, ModelRoute> {
  const known = indexes.get(config)
  if (known !== undefined) return known
  const made = new Map(config.models.filter(({ wildcard }) => !wildcard).map((model) => [model.name, model]))
  indexes.set(config, made)
  return made
}

function matchWildcard(name: string, config: Config): Matched | undefined {
  let best: { readonly model: ModelRoute; readonly part: string } | undefined
  for (const model of config.models) {
    const part = model.wildcard ? wildcardPart(model.name, name) : undefined
    if (part !== undefined && (best === undefined || model.name.length > best.model.name.length)) best = { model, part }
  }
  if (best === undefined) return undefined
  const { model, part } = best
  // A name that already has the pattern's text keeps it: `gpt-*` with `openai/*` asks for the whole name.
  const targets = model.targets.map((target) =>
    fill(target, target.model === '*' ? name : flat(target.model.replace('*', part)), config),
  )
  return { route: model.name, strategy: model.strategy, targets, model }
}

function wildcardPart(pattern: string, name: string): string | undefined {
  const [before = '', after = ''] = pattern.split('*', 2)
  if (name.length < before.length + after.length || !name.startsWith(before) || !name.endsWith(after)) return undefined
  return name.slice(before.length, name.length - after.length)
}

function fill(target: Target, model: string, config: Config): Target {
  if (target.model === model) return target
  const provider = config.providers.get(target.provider)
  return {
    ...target,
    id: `${target.provider}/${model}`,
    label: `${target.provider}/*`,
    model,
    dialect: provider?.type.dialectOf(model, provider.api) ?? target.dialect,
  }
}

function matchProvider(name: string, config: Config): Matched | undefined {
  const slash = name.indexOf('/')
  const provider = slash <= 0 ? undefined : config.providers.get(name.slice(0, slash))
  const model = flat(name.slice(slash + 1))
  if (provider === undefined || model === '') return undefined
  const target: Target = {
    id: name,
    label: `${provider.name}/*`,
    provider: provider.name,
    model,
    dialect: provider.type.dialectOf(model, provider.api),
    weight: 1,
  }
  return { route: `${provider.name}/*`, strategy: 'fallback', targets: [target], model: undefined }
}
