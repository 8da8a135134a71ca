import type { Json, Tool, ToolChoice } from '#canonical/request.ts'
import { asString, compact, isObject } from '#lib/json.ts'
import { arrayAt, BadField, objectAt, optionalObject, optionalString, optionalStrings, stringAt } from '../read.ts'
import { readSchema } from './schema.ts'

/** A client's tools: functions, and those that run at Google, one for each key of an entry. */
export function readTools(value: unknown): readonly Tool[] {
  if (value === undefined || value === null) return []
  const entries = isObject(value) ? [value] : arrayAt(value, 'tools')
  return entries.flatMap((entry, index) => readEntry(objectAt(entry, `tools[${index}]`), `tools[${index}]`))
}

function readEntry(entry: Json, param: string): readonly Tool[] {
  return Object.entries(entry).flatMap(([key, value]): readonly Tool[] => {
    if (value === null || value === undefined) return []
    if (key !== 'functionDeclarations') return [{ kind: 'builtin', type: key, vendor: 'gemini', raw: { [key]: value } }]
    const at = `${param}.${key}`
    return arrayAt(value, at).map((declaration, index) =>
      readFunction(objectAt(declaration, `${at}[${index}]`), `${at}[${index}]`),
    )
  })
}

function readFunction(given: Json, param: string): Tool {
  const json = optionalObject(given['parametersJsonSchema'], `${param}.parametersJsonSchema`)
  const own = optionalObject(given['parameters'], `${param}.parameters`)
  const name = stringAt(given['name'], `${param}.name`)
  if (name === '') throw new BadField(`${param}.name`, 'must not be empty')
  return compact({
    kind: 'function',
    name,
    description: optionalString(given['description'], `${param}.description`),
    schema: json ?? (own === undefined ? undefined : readSchema(own)),
  })
}

/** By their numbers in protobuf. */
const modes: readonly string[] = ['MODE_UNSPECIFIED', 'AUTO', 'ANY', 'NONE', 'VALIDATED']
const choiceAt = 'toolConfig.functionCallingConfig'

export function readToolChoice(config: Json): ToolChoice | undefined {
  const { mode, names } = readChoiceFields(config)
  switch (mode) {
    case 'ANY':
      if (names?.length === 1) return { mode: 'one', names }
      return compact({ mode: 'required', names })
    case 'NONE':
      return { mode: 'none' }
    case 'AUTO':
    case 'VALIDATED':
      return compact({ mode: 'auto', names })
    default:
      return undefined
  }
}

/** What has no meaning elsewhere: the strict mode, and fields beside the choice. */
export function unreadToolConfig(config: Json): readonly (readonly [string, unknown])[] {
  const choice = optionalObject(config['functionCallingConfig'], choiceAt) ?? {}
  const { mode } = readChoiceFields(config)
  return [
    ...Object.entries(config).flatMap(([key, value]) =>
      key === 'functionCallingConfig' ? [] : [[`toolConfig.${key}`, value] as const],
    ),
    ...Object.entries(choice).flatMap(([key, value]) =>
      key === 'mode' || key === 'allowedFunctionNames' ? [] : [[`${choiceAt}.${key}`, value] as const],
    ),
    ...(mode === 'VALIDATED' ? [[`${choiceAt}.mode`, mode] as const] : []),
  ]
}

function readChoiceFields(config: Json): { readonly mode: string | undefined; readonly names?: readonly string[] } {
  const choice = optionalObject(config['functionCallingConfig'], choiceAt) ?? {}
  const given = choice['mode'] ?? undefined
  const mode = typeof given === 'number' ? modes[given] : asString(given)?.toUpperCase()
  if (given !== undefined && (mode === undefined || !modes.includes(mode)))
    throw new BadField(`${choiceAt}.mode`, `must be one of ${modes.join(', ')}`)
  const names = optionalStrings(choice['allowedFunctionNames'], `${choiceAt}.allowedFunctionNames`)
  return names === undefined || names.length === 0 ? { mode } : { mode, names }
}
