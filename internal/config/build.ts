import type { Target } from '#canonical/plan.ts'
import { parseAddress } from '#lib/address.ts'
import { findProvider, providerTypes } from '#provider/registry.ts'
import { strategyNames } from '#strategy/registry.ts'
import type { Config, ModelRoute, ProviderConfig, StreamConfig } from './config.ts'
import type { Locate } from './place.ts'
import { didYouMean, type Problem } from './problem.ts'
import type { RoutingFileData } from './schema/routing-file.ts'
import { createSecret, fillIn, type MissingSecret, type SecretSources } from './secrets.ts'

export type BuildContext = {
  readonly file: string
  readonly locate: Locate
  readonly sources: SecretSources
  readonly strict: boolean
  readonly digest: string
  readonly nowMs: number
}

type Report = (path: readonly string[], message: string, hint?: string, severity?: Problem['severity']) => void

/** Puts the blocks together and checks what reaches over several of them. */
export function buildConfig(
  data: RoutingFileData,
  context: BuildContext,
): { readonly config: Config; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const report: Report = (path, message, hint, severity = 'error') => {
    const place = context.locate(path, 'value')
    problems.push({ file: context.file, ...place, message, severity, ...(hint === undefined ? {} : { hint }) })
  }
  const filled = required(data)
  const providers = buildProviders(filled, context, report)
  const models = buildModels(filled, providers, report)
  checkRules(filled, models, providers, report)
  checkAddress(filled.listen, 'listen', report)
  checkAddress(filled.admin, 'admin', report)
  if (filled.retry.backoff.max < filled.retry.backoff.base)
    report(['retry', 'backoff', 'max'], 'the longest wait is shorter than the first')
  const { listen, admin, rules, retry, breaker, timeouts, health, limits, log } = filled
  const base = { path: context.file, loadedAtMs: context.nowMs, digest: context.digest }
  const config: Config = {
    ...base,
    listen,
    admin,
    providers,
    models,
    rules,
    retry,
    breaker,
    timeouts,
    stream: streamOf(filled.stream),
    health,
    limits,
    log,
  }
  return { config, problems }
}

/** After defaults are filled in, nothing that has one is missing; the schema's type cannot say so. */
type Filled = Omit<
  RoutingFileData,
  'retry' | 'breaker' | 'timeouts' | 'listen' | 'admin' | 'rules' | 'health' | 'limits' | 'log' | 'stream'
> &
  Pick<Config, 'retry' | 'breaker' | 'timeouts' | 'listen' | 'admin' | 'rules' | 'health' | 'limits' | 'log'> & {
    readonly stream: { readonly on_break: 'continue' | 'error'; readonly hold: string }
  }

function required(data: RoutingFileData): Filled {
  // biome-ignore lint/nursery/noUnsafeTypeAssertion: Value.Default has filled in what the type calls optional.
  return data as Filled
}

function streamOf({ on_break, hold }: Filled['stream']): StreamConfig {
  const tokens = /^(\d+) tokens$/.exec(hold)?.[1]
  return { on_break, hold: tokens === undefined ? { kind: 'first_token' } : { kind: 'tokens', tokens: Number(tokens) } }
}

function buildProviders(data: Filled, context: BuildContext, report: Report): ReadonlyMap<string, ProviderConfig> {
  const providers = new Map<string, ProviderConfig>()
  const used = usedProviders(data)
  for (const [name, entry] of Object.entries(data.providers)) {
    const path = ['providers', name]
    const typeName = entry.type ?? name
    const type = findProvider(typeName)
    if (type === undefined) {
      const hint = didYouMean(typeName, providerTypes) ?? `types: ${providerTypes.join(', ')}`
      report(
        entry.type === undefined ? path : [...path, 'type'],
        `${typeName} is no provider type${entry.type === undefined ? '; give its `type`' : ''}`,
        hint,
      )
      continue
    }
    const fill = (text: string, at: readonly string[]): string =>
      reportMissing(fillIn(text, context.sources), [...path, ...at], { used: used.has(name), context, report })
    const baseUrl = entry.base_url === undefined ? type.baseUrl : fill(entry.base_url, ['base_url'])
    if (baseUrl === undefined) report(path, `${typeName} needs base_url`)
    else if (!URL.canParse(baseUrl)) report([...path, 'base_url'], `${baseUrl} is not a URL`)
    const texts = keyTexts(entry)
    for (const { text, at } of texts) fill(text, at)
    if (texts.length === 0 && type.keyOptional !== true) {
      report(
        path,
        `${name} has no api_key`,
        type.keyFrom === undefined ? undefined : `api_key: "\${${type.keyFrom}}"`,
        used.has(name) && context.strict ? 'error' : 'warning',
      )
    }
    if (entry.api !== undefined && type.apis?.includes(entry.api) !== true) {
      report(
        [...path, 'api'],
        `${typeName} has no api ${entry.api}`,
        type.apis === undefined ? undefined : `apis: ${type.apis.join(', ')}`,
      )
    }
    const headers: Record<string, string> = {}
    for (const [header, value] of Object.entries(entry.headers ?? {}))
      headers[header.toLowerCase()] = fill(value, ['headers', header])
    const keys = texts.map(({ text }) => createSecret(text, context.sources)).filter((key) => key.reveal() !== '')
    providers.set(name, {
      name,
      type,
      baseUrl: baseUrl ?? '',
      keys,
      headers,
      ...(entry.api === undefined ? {} : { api: entry.api }),
    })
  }
  return providers
}

function keyTexts(entry: Filled['providers'][string]): readonly { readonly text: string; readonly at: readonly string[] }[] {
  const single = entry.api_key === undefined ? [] : [{ text: entry.api_key, at: ['api_key'] }]
  return [...single, ...(entry.api_keys ?? []).map((text, index) => ({ text, at: ['api_keys', String(index)] }))]
}

function reportMissing(
  read: { readonly value: string; readonly missing: readonly MissingSecret[] },
  path: readonly string[],
  { used, context, report }: { readonly used: boolean; readonly context: BuildContext; readonly report: Report },
): string {
  for (const missing of read.missing) report(path, missing.message, undefined, used && context.strict ? 'error' : 'warning')
  return read.value
}

function usedProviders(data: Filled): ReadonlySet<string> {
  const targets = Object.values(data.models).flatMap((model) => model.targets)
  return new Set(targets.map((target) => nameOf(target).split('/', 1)[0] ?? ''))
}

function nameOf(target: string | { readonly target: string }): string {
  return typeof target === 'string' ? target : target.target
}

function buildModels(data: Filled, providers: ReadonlyMap<string, ProviderConfig>, report: Report): readonly ModelRoute[] {
  if (Object.keys(data.models).length === 0) report(['models'], 'no models: nothing could be asked for')
  return Object.entries(data.models).map(([name, model]) => {
    const strategy = model.strategy ?? 'fallback'
    if (!strategyNames.includes(strategy)) {
      report(
        ['models', name, 'strategy'],
        `${strategy} is no strategy`,
        didYouMean(strategy, strategyNames) ?? `strategies: ${strategyNames.join(', ')}`,
      )
    }
    const wildcard = name.includes('*')
    const targets = model.targets.flatMap((entry, index) => {
      const target = buildTarget(entry, providers)
      if (typeof target !== 'string') {
        if (target.model.includes('*') && !wildcard)
          report(['models', name, 'targets', String(index)], 'a target with `*` needs a model name with `*`')
        return [target]
      }
      report(
        ['models', name, 'targets', String(index)],
        `${target} is no provider`,
        didYouMean(target, [...Object.keys(data.providers)]) ?? `providers: ${Object.keys(data.providers).join(', ')}`,
      )
      return []
    })
    return { name, wildcard, strategy, targets }
  })
}

/** The target, or the name of the provider that does not exist. */
function buildTarget(
  entry: Filled['models'][string]['targets'][number],
  providers: ReadonlyMap<string, ProviderConfig>,
): Target | string {
  const id = nameOf(entry)
  const provider = id.slice(0, id.indexOf('/'))
  const model = id.slice(provider.length + 1)
  const known = providers.get(provider)
  if (known === undefined) return provider
  const options = typeof entry === 'string' ? undefined : entry
  const price = options?.price
  return {
    id,
    provider,
    model,
    dialect: known.type.dialectOf(model, known.api),
    weight: options?.weight ?? 1,
    ...(options?.context === undefined ? {} : { context: options.context }),
    ...(price === undefined
      ? {}
      : {
          price: {
            input: price.input,
            output: price.output,
            ...(price.cached_input === undefined ? {} : { cachedInput: price.cached_input }),
            ...(price.cache_write === undefined ? {} : { cacheWrite: price.cache_write }),
          },
        }),
  }
}

function checkRules(
  data: Filled,
  models: readonly ModelRoute[],
  providers: ReadonlyMap<string, ProviderConfig>,
  report: Report,
): void {
  const names = models.map((model) => model.name)
  for (const [index, rule] of data.rules.entries()) {
    const path = ['rules', String(index)]
    if (rule.use !== undefined && !names.includes(rule.use))
      report([...path, 'use'], `${rule.use} is no model`, didYouMean(rule.use, names) ?? `models: ${names.join(', ')}`)
    if (rule.strategy !== undefined && !strategyNames.includes(rule.strategy)) {
      report(
        [...path, 'strategy'],
        `${rule.strategy} is no strategy`,
        didYouMean(rule.strategy, strategyNames) ?? `strategies: ${strategyNames.join(', ')}`,
      )
    }
    for (const key of ['only', 'ignore'] as const) {
      for (const [at, name] of (rule[key] ?? []).entries()) {
        if (!providers.has(name))
          report([...path, key, String(at)], `${name} is no provider`, didYouMean(name, [...providers.keys()]))
      }
    }
  }
}

function checkAddress(address: string, key: string, report: Report): void {
  const parsed = parseAddress(address)
  if (!parsed.ok) report([key], `${address} ${parsed.error}`)
}
