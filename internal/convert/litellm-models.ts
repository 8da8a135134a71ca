import { asArray, asNumber, asObject, asString, isObject, type JsonObject } from '#lib/json.ts'
import { convertProvider } from './litellm-provider.ts'
import type { Source } from './source.ts'

/** Targets under one name, in the order of the file. */
export type Group = { readonly targets: JsonObject[] }

export type Converted = { readonly providers: ReadonlyMap<string, JsonObject>; readonly groups: ReadonlyMap<string, Group> }

/** `model_list`: one group for each `model_name`, one provider for each account that is named. */
export function convertModels(source: Source): Converted {
  const providers = new Map<string, JsonObject>()
  const groups = new Map<string, Group>()
  for (const [index, value] of asArray(source.data['model_list']).entries()) {
    const path = ['model_list', index]
    const name = asString(asObject(value)['model_name'])
    const params = asObject(asObject(value)['litellm_params'])
    if (name === undefined) {
      source.remark(path, 'an entry without model_name is left out')
      continue
    }
    const converted = convertProvider(params)
    if (typeof converted === 'string') {
      source.remark([...path, 'litellm_params'], `${name} is left out: ${converted}`)
      continue
    }
    const provider = registerProvider(providers, converted.name, converted.entry)
    const group = groups.get(name) ?? { targets: [] }
    groups.set(name, group)
    const target = targetOf(`${provider}/${converted.model}`, params, asObject(asObject(value)['model_info']))
    const twin = group.targets.find((one) => one['target'] === target['target'])
    if (twin === undefined) group.targets.push(target)
    else source.remark(path, `${name} has ${String(target['target'])} twice: the second one is left out`)
    remarkParams(source, [...path, 'litellm_params'], params)
  }
  return { providers, groups }
}

/** The same account is one provider; another key or address is another one: `openai`, `openai-2`. */
function registerProvider(providers: Map<string, JsonObject>, wanted: string, entry: JsonObject): string {
  const text = JSON.stringify(entry)
  for (let number = 1; ; number++) {
    const name = number === 1 ? wanted : `${wanted}-${number}`
    const known = providers.get(name)
    if (known === undefined) {
      providers.set(name, number === 1 || 'type' in entry ? entry : { type: wanted, ...entry })
      return name
    }
    const { type: _type, ...same } = known
    if (JSON.stringify(known) === text || JSON.stringify(same) === text) return name
  }
}

const perMillion = 1_000_000

function targetOf(target: string, params: JsonObject, info: JsonObject): JsonObject {
  const weight = asNumber(params['weight'])
  const input = asNumber(params['input_cost_per_token']) ?? asNumber(info['input_cost_per_token'])
  const output = asNumber(params['output_cost_per_token']) ?? asNumber(info['output_cost_per_token'])
  const cached = asNumber(info['cache_read_input_token_cost'])
  const context = asNumber(info['max_input_tokens'])
  return {
    target,
    ...(weight === undefined ? {} : { weight }),
    ...(input === undefined || output === undefined
      ? {}
      : { price: { input: usd(input), output: usd(output), ...(cached === undefined ? {} : { cached_input: usd(cached) }) } }),
    ...(context === undefined ? {} : { context }),
  }
}

/** Without the dust of binary fractions: 0.0000025 × 10⁶ is 2.5. */
function usd(perToken: number): number {
  return Number((perToken * perMillion).toPrecision(9))
}

const carried = new Set(
  `model custom_llm_provider api_key api_base base_url weight rpm tpm input_cost_per_token output_cost_per_token extra_headers
   vertex_project vertex_location aws_region_name`.split(/\s+/),
)

const why: Readonly<Record<string, string>> = {
  timeout: 'set `timeouts.total` of the provider',
  stream_timeout: 'set `timeouts.first_token` of the provider',
  max_retries: 'retries are counted for a request over all targets (`retry.attempts`)',
  api_version: 'the v1 API of Azure needs none',
  order: 'targets stand in the order of the file',
  tags: 'use `rules` with `when: { tag: … }`',
  drop_params: 'set `unsupported: drop` of the model',
}

function remarkParams(source: Source, path: readonly (string | number)[], params: JsonObject): void {
  for (const [name, value] of Object.entries(params)) {
    if (carried.has(name)) continue
    const plain =
      isObject(value) || Array.isArray(value)
        ? ''
        : ` (${JSON.stringify(name.includes('key') || name.includes('secret') ? '…' : value)})`
    source.remark([...path, name], `${name}${plain} is not carried over${why[name] === undefined ? '' : `: ${why[name]}`}`)
  }
}
