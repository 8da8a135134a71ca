import type { Target } from '#canonical/plan.ts'
import { flat } from '#lib/flat-text.ts'
import { compact } from '#lib/json.ts'
import { checkStrategy } from './check-names.ts'
import type { MirrorRoute, ModelRoute, ProviderConfig } from './config.ts'
import { priceOf } from './price-of.ts'
import { didYouMean } from './problem.ts'
import type { Report } from './report.ts'
import type { TargetEntry } from './schema/models.ts'
import type { Filled, FilledModel } from './schema/routing-file.ts'

type Providers = ReadonlyMap<string, ProviderConfig>
type At = { readonly providers: Providers; readonly path: readonly string[]; readonly report: Report; readonly data: Filled }

/** The block `models`: each name with its targets. */
export function buildModels(data: Filled, providers: Providers, report: Report): readonly ModelRoute[] {
  if (Object.keys(data.models).length === 0) report(['models'], 'no models: nothing could be asked for')
  return Object.entries(data.models).map(([name, model]) => {
    const path = ['models', name]
    const strategy = model.strategy ?? 'fallback'
    checkStrategy(strategy, [...path, 'strategy'], report)
    if (starsIn(name) > 1) report(path, `${name} has more than one \`*\``, { at: 'key' })
    const { retry, timeouts, stream, max_price, affinity, sticky, unsupported, cache } = model
    const targets = buildTargets(name, model, { providers, path: [...path, 'targets'], report, data })
    return compact({
      name,
      wildcard: name.includes('*'),
      strategy,
      targets,
      max_price,
      affinity,
      sticky,
      mirror: buildMirror(model, { providers, path: [...path, 'mirror', 'target'], report, data }),
      unsupported,
      cache,
      retry,
      timeouts,
      stream,
    })
  })
}

function buildMirror({ mirror }: FilledModel, at: At): MirrorRoute | undefined {
  if (mirror === undefined) return undefined
  if (starsIn(mirror.target) > 0) at.report(at.path, 'a mirror has no `*`: it is one target')
  const target = buildTarget(mirror.target, at)
  return target === undefined ? undefined : { ...mirror, target }
}

function buildTargets(name: string, model: FilledModel, at: At): readonly Target[] {
  const seen = new Set<string>()
  return model.targets.flatMap((entry, index) => {
    const id = targetName(entry)
    const isSeen = seen.has(id)
    seen.add(id)
    // There may be thousands: what is wrong with one, and where, is looked for where something can be.
    const known = typeof entry === 'string' && !isSeen && !id.includes('*') ? plainTarget(entry, at.providers) : undefined
    if (known !== undefined) return [known]
    const path = [...at.path, String(index)]
    if (starsIn(id) > Math.min(1, starsIn(name))) at.report(path, starProblem(name))
    if (isSeen) at.report(path, `${id} stands here twice`, { severity: 'warning' })
    const target = buildTarget(entry, { ...at, path })
    return target === undefined ? [] : [target]
  })
}

/** A target of which nothing but its name is said; undefined when its provider is not known. */
function plainTarget(id: string, providers: Providers): Target | undefined {
  const slash = id.indexOf('/')
  const provider = id.slice(0, slash)
  const known = providers.get(provider)
  if (known === undefined) return undefined
  const model = flat(id.slice(slash + 1))
  return { id, provider, model, dialect: known.type.dialectOf(model, known.api), weight: 1 }
}

function starProblem(name: string): string {
  return name.includes('*') ? 'a target can have one `*` only' : 'a target with `*` needs a model name with `*`'
}

function buildTarget(entry: TargetEntry, { providers, path, report, data }: At): Target | undefined {
  const id = targetName(entry)
  const provider = id.slice(0, id.indexOf('/'))
  const model = flat(id.slice(provider.length + 1))
  const known = providers.get(provider)
  if (known === undefined) {
    // A provider that is there but of an unknown type is told at its own place.
    const names = Object.keys(data.providers)
    if (!names.includes(provider)) {
      report(path, `${provider} is no provider`, { hint: didYouMean(provider, names) ?? `providers: ${names.join(', ')}` })
    }
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
    lacks: options?.lacks,
    price: options?.price === undefined ? undefined : priceOf(options.price, [...path, 'price'], report),
  })
}

/** `provider/model`, whichever way it is written. */
export function targetName(target: TargetEntry): string {
  return typeof target === 'string' ? target : target.target
}

function starsIn(text: string): number {
  return text.split('*').length - 1
}
