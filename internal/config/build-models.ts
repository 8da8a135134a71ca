import type { Price, Target } from '#canonical/plan.ts'
import { compact } from '#lib/json.ts'
import { strategyNames } from '#strategy/registry.ts'
import type { ModelRoute, ProviderConfig } from './config.ts'
import { type Filled, type TargetEntry, targetName } from './filled.ts'
import { didYouMean } from './problem.ts'
import type { Report } from './report.ts'

type Providers = ReadonlyMap<string, ProviderConfig>

/** The block `models`: each name with its targets. */
export function buildModels(data: Filled, providers: Providers, report: Report): readonly ModelRoute[] {
  if (Object.keys(data.models).length === 0) report(['models'], 'no models: nothing could be asked for')
  return Object.entries(data.models).map(([name, model]) => {
    const strategy = model.strategy ?? 'fallback'
    checkStrategy(strategy, ['models', name, 'strategy'], report)
    const wildcard = name.includes('*')
    const targets = model.targets.flatMap((entry, index) => {
      const path = ['models', name, 'targets', String(index)]
      const target = buildTarget(entry, providers, path, report)
      if (target?.model.includes('*') === true && !wildcard) report(path, 'a target with `*` needs a model name with `*`')
      return target === undefined ? [] : [target]
    })
    return { name, wildcard, strategy, targets }
  })
}

export function checkStrategy(strategy: string, path: readonly string[], report: Report): void {
  if (strategyNames.includes(strategy)) return
  report(path, `${strategy} is no strategy`, didYouMean(strategy, strategyNames) ?? `strategies: ${strategyNames.join(', ')}`)
}

function buildTarget(entry: TargetEntry, providers: Providers, path: readonly string[], report: Report): Target | undefined {
  const id = targetName(entry)
  const provider = id.slice(0, id.indexOf('/'))
  const model = id.slice(provider.length + 1)
  const known = providers.get(provider)
  if (known === undefined) {
    const names = [...providers.keys()]
    report(path, `${provider} is no provider`, didYouMean(provider, names) ?? `providers: ${names.join(', ')}`)
    return undefined
  }
  const options = typeof entry === 'string' ? undefined : entry
  return compact({
    id,
    provider,
    model,
    dialect: known.type.dialectOf(model, known.api),
    weight: options?.weight ?? 1,
    context: options?.context,
    price: priceOf(options?.price),
  })
}

function priceOf(price: Exclude<TargetEntry, string>['price']): Price | undefined {
  if (price === undefined) return undefined
  return compact({ input: price.input, output: price.output, cachedInput: price.cached_input, cacheWrite: price.cache_write })
}
