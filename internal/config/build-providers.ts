import { isFieldName, isFieldValue } from '#lib/http-fields.ts'
import { compact } from '#lib/json.ts'
import type { OptionProblem, Provider, ProviderOption, ProviderOptions } from '#provider/provider.ts'
import { findProvider, providerTypes } from '#provider/registry.ts'
import type { BuildContext } from './build-context.ts'
import { targetName } from './build-models.ts'
import { buildSecret, optionalSecret } from './build-secret.ts'
import type { ProviderConfig } from './config.ts'
import { didYouMean } from './problem.ts'
import type { Filled, FilledProvider } from './schema/routing-file.ts'
import { fillIn, type Secret } from './secrets.ts'

/** The block `providers`: each with its type's facts, its secrets filled in. */
export function buildProviders(data: Filled, context: BuildContext): ReadonlyMap<string, ProviderConfig> {
  const used = new Set(
    Object.values(data.models).flatMap((model) => model.targets.map((target) => targetName(target).split('/', 1)[0])),
  )
  const providers = new Map<string, ProviderConfig>()
  for (const [name, entry] of Object.entries(data.providers)) {
    if (name === '' || /[/\s*]/.test(name)) {
      context.report(['providers', name], 'the name of a provider has no `/`, no `*` and no space', { at: 'key' })
    }
    const type = typeOf(name, entry, context)
    // What no target uses cannot fail a request: it is worth a word, not a refusal.
    const strict = context.strict && used.has(name)
    if (type !== undefined) providers.set(name, buildProvider({ ...context, strict, name, entry, type }))
  }
  return providers
}

function typeOf(name: string, entry: FilledProvider, { report }: BuildContext): Provider | undefined {
  const word = entry.type ?? name
  const type = findProvider(word)
  if (type !== undefined) return type
  const hint = didYouMean(word, providerTypes) ?? `types: ${providerTypes.join(', ')}`
  if (entry.type === undefined) report(['providers', name], `${word} is no provider type; give its \`type\``, { hint, at: 'key' })
  else report(['providers', name, 'type'], `${word} is no provider type`, { hint })
  return undefined
}

type Build = Pick<BuildContext, 'sources' | 'report' | 'strict'> & {
  readonly name: string
  readonly entry: FilledProvider
  readonly type: Provider
}

function buildProvider(build: Build): ProviderConfig {
  const { name, entry, type } = build
  const { api, timeouts, health, limits } = entry
  checkApi(build)
  const keys = keysOf(build)
  const texts = keys.map((key) => key.reveal())
  const given = optionsOf(build)
  const options = type.fillOptions?.(given, texts) ?? given
  reportOptions(build, type.checkOptions?.(options, texts) ?? [])
  return compact({
    name,
    type,
    baseUrl: baseUrlOf(build, options),
    keys,
    options,
    authenticator: type.auth.kind === 'computed' ? type.auth.open(options) : undefined,
    headers: headersOf(build),
    api,
    timeouts,
    health,
    limits,
  })
}

function checkApi({ name, entry, type, report }: Build): void {
  if (entry.api === undefined || type.apis?.includes(entry.api) === true) return
  const hint = type.apis === undefined ? undefined : `apis: ${type.apis.join(', ')}`
  report(['providers', name, 'api'], `${type.type} has no api ${entry.api}`, { hint })
}

const optionNames: readonly ProviderOption[] = [
  'project',
  'location',
  'region',
  'access_key_id',
  'secret_access_key',
  'session_token',
]

function optionsOf(build: Build): ProviderOptions {
  const { name, entry, type, report } = build
  for (const field of optionNames) {
    if (entry[field] === undefined || type.options?.includes(field) === true) continue
    const hint = type.options === undefined ? undefined : `fields of its own: ${type.options.join(', ')}`
    report(['providers', name, field], `${type.type} has no ${field}`, { hint })
  }
  const { project, location, region, access_key_id } = entry
  const secret = (field: 'secret_access_key' | 'session_token') => optionalSecret(entry[field], ['providers', name, field], build)
  return compact({
    project,
    location,
    region,
    access_key_id,
    secret_access_key: secret('secret_access_key'),
    session_token: secret('session_token'),
  })
}

function reportOptions({ name, entry, report }: Build, problems: readonly OptionProblem[]): void {
  for (const { message, field, hint } of problems) {
    const given = field !== undefined && entry[field] !== undefined
    report(given ? ['providers', name, field] : ['providers', name], message, { hint, ...(given ? {} : { at: 'key' }) })
  }
}

function keysOf(build: Build): readonly Secret[] {
  const { name, entry, type, strict, report } = build
  const texts = [
    ...(entry.api_key === undefined ? [] : [{ text: entry.api_key, at: ['api_key'] }]),
    ...(entry.api_keys ?? []).map((text, index) => ({ text, at: ['api_keys', String(index)] })),
  ]
  if (texts.length === 0 && type.keyOptional !== true) {
    const hint = type.keyFrom === undefined ? undefined : `api_key: "\${${type.keyFrom}}"`
    report(['providers', name], `${name} has no api_key`, { hint, severity: strict ? 'error' : 'warning', at: 'key' })
  }
  return texts
    .map(({ text, at }) => {
      const path = ['providers', name, ...at]
      const key = buildSecret(text, path, build)
      if (type.auth.kind === 'header' && !isFieldValue(key.reveal()))
        report(path, 'the key has a character that no header can carry')
      return key
    })
    .filter((key) => key.reveal() !== '')
}

function headersOf({ name, entry, sources, strict, report }: Build): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {}
  for (const [header, text] of Object.entries(entry.headers ?? {})) {
    const path = ['providers', name, 'headers', header]
    const { value, missing } = fillIn(text, sources)
    for (const { message } of missing) report(path, message, { severity: strict ? 'error' : 'warning' })
    if (!isFieldName(header)) report(path, `${header} is no name of a header`, { at: 'key' })
    if (!isFieldValue(value)) report(path, `the value of ${header} has a character that no header can carry`)
    headers[header.toLowerCase()] = value
  }
  return headers
}

function baseUrlOf({ name, entry, type, report }: Build, options: ProviderOptions): string {
  const own = type.baseUrlOf === undefined ? type.baseUrl : type.baseUrlOf(options)
  const url = entry.base_url ?? own
  // What its fields lack has been told.
  if (url === undefined && type.baseUrlOf !== undefined) return ''
  if (url === undefined) report(['providers', name], `${type.type} needs base_url`)
  else if (!URL.canParse(url)) report(['providers', name, 'base_url'], `${url} is not a URL`)
  // Paths are appended: a slash at the end would stand twice.
  return (url ?? '').replace(/\/+$/, '')
}
