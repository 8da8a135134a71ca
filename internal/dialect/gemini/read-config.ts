import type { Json, OutputFormat, Params, Reasoning } from '#canonical/request.ts'
import { asNumber, asString, compact } from '#lib/json.ts'
import {
  arrayAt,
  BadField,
  optionalBoolean,
  optionalInteger,
  optionalNumber,
  optionalObject,
  optionalString,
  optionalStrings,
} from '../read.ts'
import { readSchema } from './schema.ts'

const at = (name: string): string => `generationConfig.${name}`

/** Numbers may come as strings in protobuf's JSON. */
function numberAt(config: Json, name: string): number | undefined {
  return optionalNumber(unquoted(config[name]), at(name))
}

function integerAt(config: Json, name: string): number | undefined {
  return optionalInteger(unquoted(config[name]), at(name))
}

function unquoted(value: unknown): unknown {
  return typeof value === 'string' && value.trim() !== '' ? (asNumber(Number(value)) ?? value) : value
}

/** Limits and sampling of `generationConfig`. */
export function readParams(config: Json): Params {
  const logprobs = optionalBoolean(config['responseLogprobs'], at('responseLogprobs'))
  return compact({
    maxOutput: integerAt(config, 'maxOutputTokens'),
    stop: optionalStrings(config['stopSequences'], at('stopSequences')),
    candidates: integerAt(config, 'candidateCount'),
    temperature: numberAt(config, 'temperature'),
    topP: numberAt(config, 'topP'),
    topK: numberAt(config, 'topK'),
    presencePenalty: numberAt(config, 'presencePenalty'),
    frequencyPenalty: numberAt(config, 'frequencyPenalty'),
    seed: integerAt(config, 'seed'),
    logprobs: logprobs === true ? { top: integerAt(config, 'logprobs') ?? 0 } : undefined,
  })
}

/** The form of the answer. A schema counts without its mime type, too; an enum (`text/x.enum`) is a schema elsewhere. */
export function readOutput(config: Json): OutputFormat {
  const modalities = readModalities(config['responseModalities'])
  const json = optionalObject(config['responseJsonSchema'], at('responseJsonSchema'))
  const own = optionalObject(config['responseSchema'], at('responseSchema'))
  const schema = json ?? (own === undefined ? undefined : readSchema(own))
  const mime = optionalString(config['responseMimeType'], at('responseMimeType'))
  const format = schema !== undefined ? 'json_schema' : mime === 'application/json' ? 'json' : 'text'
  return compact({ format, schema: schema === undefined ? undefined : { schema }, modalities })
}

/** By their numbers in protobuf. */
const modalityNames = [undefined, 'text', 'image', 'audio'] as const

function readModalities(value: unknown): OutputFormat['modalities'] {
  if (value === undefined || value === null) return undefined
  const entries = typeof value === 'string' ? [value] : arrayAt(value, at('responseModalities'))
  const read = entries.flatMap((entry) => {
    const word = typeof entry === 'number' ? modalityNames[entry] : asString(entry)?.toLowerCase()
    if (word === 'modality_unspecified' || entry === 0) return []
    const known = modalityNames.find((name) => name !== undefined && name === word)
    if (known === undefined) throw new BadField(at('responseModalities'), 'must hold TEXT, IMAGE or AUDIO')
    return [known]
  })
  return read.length === 0 ? undefined : read
}

/** By their numbers in protobuf. */
const levelNames = [undefined, 'low', 'medium', 'high', 'minimal'] as const

export function readReasoning(config: Json): Reasoning | undefined {
  const thinking = optionalObject(config['thinkingConfig'], at('thinkingConfig'))
  if (thinking === undefined) return undefined
  const level = thinking['thinkingLevel'] ?? undefined
  const word = typeof level === 'number' ? levelNames[level] : asString(level)?.toLowerCase()
  const effort = levelNames.find((name) => name !== undefined && name === word)
  if (level !== undefined && level !== 0 && effort === undefined && word !== 'thinking_level_unspecified')
    throw new BadField(at('thinkingConfig.thinkingLevel'), 'must be one of MINIMAL, LOW, MEDIUM, HIGH')
  const thoughts = optionalBoolean(thinking['includeThoughts'], at('thinkingConfig.includeThoughts'))
  return compact({
    effort,
    budgetTokens: optionalInteger(unquoted(thinking['thinkingBudget']), at('thinkingConfig.thinkingBudget')),
    visible: thoughts === undefined ? undefined : thoughts ? ('full' as const) : ('none' as const),
  })
}

const readNames = new Set([
  ...['maxOutputTokens', 'stopSequences', 'candidateCount', 'temperature', 'topP', 'topK', 'seed'],
  ...['presencePenalty', 'frequencyPenalty', 'responseLogprobs', 'logprobs'],
  ...['responseModalities', 'responseJsonSchema', 'responseSchema', 'thinkingConfig'],
])

/** Fields of `generationConfig` without a meaning elsewhere. */
export function unreadConfig(config: Json): readonly (readonly [string, unknown])[] {
  return Object.entries(config).flatMap(([name, value]) => {
    const plainMime = name === 'responseMimeType' && (value === 'application/json' || value === 'text/plain')
    return readNames.has(name) || plainMime ? [] : [[at(name), value] as const]
  })
}
