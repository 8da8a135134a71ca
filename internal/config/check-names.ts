import { strategyNames } from '#strategy/registry.ts'
import { didYouMean } from './problem.ts'
import type { Report } from './report.ts'
import type { Filled } from './schema/routing-file.ts'

/** A name that a request may ask for: one of `models`, one that a wildcard of them takes, or `provider/model`. */
export function checkModelName(name: string, data: Filled, path: readonly string[], report: Report): void {
  const models = Object.keys(data.models)
  const provider = name.slice(0, Math.max(0, name.indexOf('/')))
  if (Object.hasOwn(data.providers, provider)) return
  // With a `*` of its own it is a pattern over names: it must fit one, or overlap with a wildcard.
  if (models.some((model) => overlaps(model, name))) return
  report(path, `${name} is no model`, { hint: didYouMean(name, models) ?? `models: ${models.join(', ')}` })
}

export function checkProviderName(name: string, data: Filled, path: readonly string[], report: Report): void {
  const providers = Object.keys(data.providers)
  if (providers.includes(name)) return
  report(path, `${name} is no provider`, { hint: didYouMean(name, providers) ?? `providers: ${providers.join(', ')}` })
}

export function checkStrategy(strategy: string, path: readonly string[], report: Report): void {
  if (strategyNames.includes(strategy)) return
  const hint = didYouMean(strategy, strategyNames) ?? `strategies: ${strategyNames.join(', ')}`
  report(path, `${strategy} is no strategy`, { hint })
}

/** Whether some name fits both patterns; `*` stands for any characters. */
function overlaps(left: string, right: string): boolean {
  const [a, b] = [left[0], right[0]]
  if (a === '*') return overlaps(left.slice(1), right) || (b !== undefined && overlaps(left, right.slice(1)))
  if (b === '*') return overlaps(left, right.slice(1)) || (a !== undefined && overlaps(left.slice(1), right))
  if (a === undefined || b === undefined) return a === b
  return a === b && overlaps(left.slice(1), right.slice(1))
}
