import type { Provider } from '#provider/provider.ts'
import { findProvider, providerTypes } from '#provider/registry.ts'
import type { ProviderConfig } from './config.ts'
import { type Filled, type ProviderEntry, targetName } from './filled.ts'
import { didYouMean } from './problem.ts'
import type { BuildContext, Report } from './report.ts'
import { createSecret, fillIn } from './secrets.ts'

/** The block `providers`: each with its type's facts, its secrets filled in. */
export function buildProviders(data: Filled, context: BuildContext, report: Report): ReadonlyMap<string, ProviderConfig> {
  const used = new Set(
    Object.values(data.models).flatMap((model) => model.targets.map((target) => targetName(target).split('/', 1)[0])),
  )
  const providers = new Map<string, ProviderConfig>()
  for (const [name, entry] of Object.entries(data.providers)) {
    const type = typeOf(name, entry, report)
    if (type === undefined) continue
    // What no target uses cannot fail a request: it is worth a word, not a refusal.
    const severity = used.has(name) && context.strict ? 'error' : 'warning'
    providers.set(name, buildProvider({ name, entry, type, severity, context, report }))
  }
  return providers
}

function typeOf(name: string, entry: ProviderEntry, report: Report): Provider | undefined {
  const word = entry.type ?? name
  const type = findProvider(word)
  if (type !== undefined) return type
  const path = entry.type === undefined ? ['providers', name] : ['providers', name, 'type']
  const message = entry.type === undefined ? `${word} is no provider type; give its \`type\`` : `${word} is no provider type`
  report(path, message, didYouMean(word, providerTypes) ?? `types: ${providerTypes.join(', ')}`)
  return undefined
}

type Build = {
  readonly name: string
  readonly entry: ProviderEntry
  readonly type: Provider
  readonly severity: 'error' | 'warning'
  readonly context: BuildContext
  readonly report: Report
}

function buildProvider(build: Build): ProviderConfig {
  const { name, entry, type, context, report } = build
  const headers: Record<string, string> = {}
  for (const [header, value] of Object.entries(entry.headers ?? {}))
    headers[header.toLowerCase()] = fill(build, value, ['headers', header])
  if (entry.api !== undefined && type.apis?.includes(entry.api) !== true) {
    report(
      ['providers', name, 'api'],
      `${type.type} has no api ${entry.api}`,
      type.apis === undefined ? undefined : `apis: ${type.apis.join(', ')}`,
    )
  }
  const texts = keyTexts(entry)
  for (const { text, at } of texts) fill(build, text, at)
  const keys = texts.map(({ text }) => createSecret(text, context.sources)).filter((key) => key.reveal() !== '')
  if (texts.length === 0 && type.keyOptional !== true) reportNoKey(build)
  return { name, type, baseUrl: baseUrlOf(build), keys, headers, ...(entry.api === undefined ? {} : { api: entry.api }) }
}

function reportNoKey({ name, type, severity, report }: Build): void {
  report(
    ['providers', name],
    `${name} has no api_key`,
    type.keyFrom === undefined ? undefined : `api_key: "\${${type.keyFrom}}"`,
    severity,
  )
}

function baseUrlOf(build: Build): string {
  const { name, entry, type, report } = build
  const url = entry.base_url === undefined ? type.baseUrl : fill(build, entry.base_url, ['base_url'])
  if (url === undefined) report(['providers', name], `${type.type} needs base_url`)
  else if (!URL.canParse(url)) report(['providers', name, 'base_url'], `${url} is not a URL`)
  return url ?? ''
}

/** The text with its `${…}` filled in; what is missing is told. */
function fill({ name, severity, context, report }: Build, text: string, at: readonly string[]): string {
  const { value, missing } = fillIn(text, context.sources)
  for (const { message } of missing) report(['providers', name, ...at], message, undefined, severity)
  return value
}

function keyTexts(entry: ProviderEntry): readonly { readonly text: string; readonly at: readonly string[] }[] {
  const single = entry.api_key === undefined ? [] : [{ text: entry.api_key, at: ['api_key'] }]
  return [...single, ...(entry.api_keys ?? []).map((text, index) => ({ text, at: ['api_keys', String(index)] }))]
}
