import { findProvider, providerTypes } from '#provider/registry.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** A starter file, and what it was made from. */
export type Starter = { readonly text: string; readonly providers: readonly string[] }

/** Models that a starter asks for: a strong one and a quick one, where the vendor has a name for them that everybody can use. */
const suggested: Readonly<Record<string, { readonly smart: string; readonly fast: string; readonly prefix?: string }>> = {
  anthropic: { smart: 'claude-opus-5-5', fast: 'claude-haiku-4-5', prefix: 'claude-*' },
  openai: { smart: 'gpt-5.6', fast: 'gpt-5.6-mini', prefix: 'gpt-*' },
  gemini: { smart: 'gemini-3.7-pro', fast: 'gemini-3.7-flash', prefix: 'gemini-*' },
  deepseek: { smart: 'deepseek-v4', fast: 'deepseek-v4-flash', prefix: 'deepseek-*' },
  qwen: { smart: 'qwen-max', fast: 'qwen-plus', prefix: 'qwen-*' },
  mistral: { smart: 'mistral-large-latest', fast: 'mistral-small-latest', prefix: 'mistral-*' },
  xai: { smart: 'grok-4', fast: 'grok-4-fast', prefix: 'grok-*' },
  groq: { smart: 'openai/gpt-oss-120b', fast: 'openai/gpt-oss-20b' },
  cohere: { smart: 'command-a-03-2025', fast: 'command-r7b-12-2024', prefix: 'command-*' },
}

/** Also names of variables that a vendor's SDK takes besides its first. */
const otherNames: Readonly<Record<string, readonly string[]>> = { gemini: ['GOOGLE_API_KEY'] }

/** The variables in which keys are looked for, by provider type. */
export function keyVariables(): ReadonlyMap<string, readonly string[]> {
  const known = new Map<string, readonly string[]>()
  for (const type of providerTypes) {
    const provider = findProvider(type)
    if (provider?.keyFrom === undefined || provider.baseUrl === undefined) continue
    known.set(type, [provider.keyFrom, ...(otherNames[type] ?? [])])
  }
  return known
}

/** A routing file for the keys that the environment holds; undefined when it holds none. The keys themselves are not read. */
export function writeStarter(environment: Environment): Starter | undefined {
  const found = [...keyVariables()].flatMap(([type, names]) => {
    const name = names.find((one) => (environment[one] ?? '') !== '')
    return name === undefined ? [] : [{ type, name }]
  })
  if (found.length === 0) return undefined
  const types = found.map(({ type }) => type)
  const lines = [
    '# yaml-language-server: $schema=./routing.schema.json',
    '# Written by `outrigger init`. Every key of this file: docs/configuration.md. Check it: outrigger check routing.yaml',
    'version: 1',
    '',
    'providers:',
    ...found.map(({ type, name }) => `  ${type}: { api_key: "\${${name}}" }`),
    '',
    'models:',
    '  # The first that answers; the others take over when it fails.',
    ...modelLines('smart', 'fallback', types, ({ smart }) => smart),
    '  # Whichever answers soonest.',
    ...modelLines('fast', 'latency', types, ({ fast }) => fast),
    '  # Every model by its own name.',
    ...types.flatMap((type) => {
      const prefix = suggested[type]?.prefix
      return prefix === undefined ? [] : [`  "${prefix}": { targets: ["${type}/*"] }`]
    }),
    '',
  ]
  return { text: lines.join('\n'), providers: types }
}

function modelLines(
  name: string,
  strategy: string,
  types: readonly string[],
  choose: (models: { readonly smart: string; readonly fast: string }) => string,
): readonly string[] {
  const targets = types.flatMap((type) => {
    const models = suggested[type]
    return models === undefined ? [`      # - ${type}/the-model-of-your-choice`] : [`      - ${type}/${choose(models)}`]
  })
  if (targets.every((line) => line.includes('#'))) return [`  # ${name}: name a model of ${types.join(', ')} here`]
  return [`  ${name}:`, `    strategy: ${strategy}`, '    targets:', ...targets]
}
