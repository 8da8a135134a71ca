import { stringify } from 'yaml'
import { asObject, asString, type JsonObject } from '#lib/json.ts'
import { ok, type Result } from '#lib/result.ts'
import { addAliases, addFallbacks } from './litellm-fallbacks.ts'
import { convertModels, type Group } from './litellm-models.ts'
import { remarkOthers, topLevel } from './litellm-settings.ts'
import { type Remark, readSource, type Source } from './source.ts'

/** A routing file, and what of the old one it does not say. */
export type Conversion = { readonly text: string; readonly remarks: readonly Remark[] }

/** A LiteLLM proxy config as a routing file. Source: docs.litellm.ai/docs/proxy/config_settings. */
export function convertLitellm(text: string): Result<Conversion, readonly Remark[]> {
  const read = readSource(text)
  if (!read.ok) return read
  const source = read.value
  const { providers, groups } = convertModels(source)
  const router = asObject(source.data['router_settings'])
  const settings = asObject(source.data['litellm_settings'])
  const models = new Map<string, Record<string, unknown>>()
  const strategy = strategyOf(source, router)
  for (const [name, group] of groups) models.set(name, modelOf(group, strategy, settings))
  addFallbacks(source, { models, groups })
  addAliases(source, router, models)
  const file = {
    version: 1,
    providers: Object.fromEntries(providers),
    models: Object.fromEntries(models),
    ...topLevel(source, router, settings),
  }
  remarkOthers(source)
  const head =
    '# yaml-language-server: $schema=./routing.schema.json\n# Converted from a LiteLLM proxy config by `outrigger import litellm`.\n'
  return ok({ text: head + stringify(file, { lineWidth: 0, aliasDuplicateObjects: false }), remarks: source.remarks() })
}

function modelOf({ targets }: Group, strategy: string, settings: JsonObject): Record<string, unknown> {
  return {
    ...(targets.length > 1 ? { strategy } : {}),
    targets: targets.map((target) => (Object.keys(target).length === 1 ? target['target'] : target)),
    ...(settings['drop_params'] === true ? { unsupported: 'drop' } : {}),
  }
}

/** LiteLLM's routing strategies. `simple-shuffle`, its default, draws by weight. */
const strategies: Readonly<Record<string, string>> = {
  'simple-shuffle': 'weighted',
  'least-busy': 'least-busy',
  'latency-based-routing': 'latency',
  'cost-based-routing': 'cost',
  'usage-based-routing': 'least-busy',
  'usage-based-routing-v2': 'least-busy',
}

function strategyOf(source: Source, router: JsonObject): string {
  const given = asString(router['routing_strategy']) ?? 'simple-shuffle'
  const path = ['router_settings', 'routing_strategy']
  if (given.startsWith('usage-based'))
    source.remark(path, `${given} became least-busy: what a target can still take is learnt from its answers`)
  const strategy = strategies[given]
  if (strategy === undefined) source.remark(path, `${given} has no counterpart: weighted is used`)
  return strategy ?? 'weighted'
}
