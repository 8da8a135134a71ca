import type { DialectName, Json, ProviderDialectName, Request } from '#canonical/request.ts'
import type { Encoded } from '#dialect/dialect.ts'
import { lossesOfState } from '#dialect/kept-elsewhere.ts'
import { dialectByName, providerDialect } from '#dialect/registry.ts'
import { isObject } from '#lib/json.ts'
import { findProvider } from '#provider/registry.ts'

/** One field of a client's request, alone in an otherwise plain one. */
export type Probe = {
  /** As its vendor's documents write it: `generationConfig.seed`. */
  readonly field: string
  /** What stands in the request besides what every one has; it replaces fields of the same name. */
  readonly body: Json
  /** The request without the field, where that is not the plain one. */
  readonly without?: Json
  /** Why nothing has to be said where the field has no counterpart, by target. Any other silence is a fault. */
  readonly silent?: Partial<Record<ProviderDialectName, string>>
}

/** A family of client requests: a plain one and its fields. */
export type Family = {
  readonly dialect: DialectName
  readonly title: string
  readonly path: string
  readonly plain: Json
  readonly probes: readonly Probe[]
  /** What the table cannot show. */
  readonly note?: string
}

/** What became of a field: where it stands now, what was lost of it. */
export type Outcome = {
  readonly places: readonly string[]
  readonly dropped: readonly string[]
  readonly refused: readonly string[]
  /** What the relay does itself, since the provider does not. */
  readonly relay?: string
  /** Why neither was needed. */
  readonly silent?: string
}

/** A provider that a request is written for, with a model that takes what most of its models take. */
export type ProbeTarget = {
  readonly dialect: ProviderDialectName
  readonly provider: string
  readonly api?: string
  readonly model: string
}

export const targets: readonly ProbeTarget[] = [
  { dialect: 'openai-chat', provider: 'openai', model: 'gpt-4.1' },
  { dialect: 'openai-responses', provider: 'openai', model: 'gpt-4.1' },
  { dialect: 'anthropic', provider: 'anthropic', model: 'claude-opus-4-5' },
  { dialect: 'gemini', provider: 'gemini', model: 'gemini-3.7-flash' },
  { dialect: 'bedrock-converse', provider: 'bedrock', model: 'anthropic.claude-opus-4-5' },
]

/** Where models differ most, the field is asked of one that reasons. */
export const reasoningModels: Readonly<Record<string, string>> = { openai: 'gpt-5.4' }

/** Sends a probe's request through the encoder and compares with the plain one's. */
export function probeOutcome(family: Family, probe: Probe, target: ProbeTarget): Outcome {
  const plain = encoded(family, { ...family.plain, ...probe.without }, target)
  const asked = encoded(family, { ...family.plain, ...probe.without, ...probe.body }, target)
  const known = new Set(plain.losses.map(({ field }) => field))
  const losses = asked.losses.filter(({ field }) => !known.has(field))
  const named = (severity: string): readonly string[] =>
    losses.filter((loss) => loss.severity === severity).map(({ field }) => field)
  const silent = silenceOf(probe, target.dialect)
  return {
    places: placesOf(plain.body, asked.body),
    dropped: named('drop'),
    refused: named('refuse'),
    ...(asked.cutAt === undefined ? {} : { relay: 'the relay ends the answer there' }),
    ...(silent === undefined ? {} : { silent }),
  }
}

/** Converse is shown for Claude: what need not be said to Anthropic, or to anybody, need not be said there. */
function silenceOf({ silent = {} }: Probe, to: ProviderDialectName): string | undefined {
  return silent[to] ?? (to === 'bedrock-converse' ? (silent.anthropic ?? silent['openai-chat']) : undefined)
}

type Written = Pick<Encoded, 'body' | 'losses' | 'cutAt'>

function encoded({ dialect, path }: Family, body: Json, { dialect: to, provider: type, model }: ProbeTarget): Written {
  const call = { path, pathModel: 'm', query: new URLSearchParams(), headers: {}, body }
  const decoded = dialectByName(dialect).decodeRequest(call)
  if (!decoded.ok) throw new Error(`${dialect}: ${decoded.error.message} in ${JSON.stringify(body)}`)
  const provider = findProvider(type)
  if (provider === undefined) throw new Error(`no provider ${type}`)
  const reasons = decoded.value.reasoning !== undefined || asksEncrypted(decoded.value)
  const name = reasons ? (reasoningModels[type] ?? model) : model
  const target = { model: name, quirks: provider.quirksOf(name), traits: provider.traitsOf(name) }
  const { body: written, losses, cutAt } = providerDialect(to).encodeRequest(decoded.value, target)
  const kept = dialect === to ? [] : lossesOfState(decoded.value)
  return {
    body: JSON.parse(JSON.stringify({ ...written, model: 'm' })),
    losses: [...losses, ...kept],
    ...(cutAt === undefined ? {} : { cutAt }),
  }
}

function asksEncrypted({ raw }: Request): boolean {
  return JSON.stringify(raw).includes('encrypted')
}

/** Leaves that are new or changed; those with the probe's mark alone, where there are any. */
function placesOf(plain: Json, asked: Json): readonly string[] {
  const before = leaves(plain)
  const changed = [...leaves(asked)].filter(([path, value]) => before.get(path) !== value)
  const marked = changed.filter(([, value]) => value.includes('PROBE') || value.includes(markBase64))
  const chosen = (marked.length > 0 ? marked : changed).map(([path]) => path.replace(/\[\d+\]/g, '[]'))
  return [...new Set(chosen)]
}

/** `PROBE` in base64, at the beginning of data. */
export const markBase64 = 'UFJPQkU'

function leaves(value: unknown, path = ''): Map<string, string> {
  if (Array.isArray(value)) return merged(value.map((entry, index) => leaves(entry, `${path}[${index}]`)))
  if (isObject(value) && Object.keys(value).length > 0)
    return merged(Object.entries(value).map(([key, entry]) => leaves(entry, path === '' ? key : `${path}.${key}`)))
  return new Map([[path, JSON.stringify(value) ?? '']])
}

function merged(maps: readonly Map<string, string>[]): Map<string, string> {
  return new Map(maps.flatMap((map) => [...map]))
}
