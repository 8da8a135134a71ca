import type { TSchema } from 'typebox'
import { Settings } from 'typebox/system'
import { DecodeUnsafe, Value } from 'typebox/value'
import { asArray, asObject, asString, isObject, type JsonObject } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'
import { inherit } from './inherit.ts'
import { withoutPlain, withPlain } from './plain-targets.ts'
import { didYouMean } from './problem.ts'
import type { Report } from './report.ts'
import { type Filled, RoutingFile } from './schema/routing-file.ts'

// The alternatives of our unions exclude each other: nothing is gained by sorting them anew at each reading.
Settings.Set({ unionPrioritySort: false })

/** The file's data with its defaults; what is wrong with it is reported. */
export function validate(data: unknown, report: Report): Result<Filled, undefined> {
  const thin = isObject(data) ? withoutPlain(data) : data
  return fits(RoutingFile, thin, report) && isObject(thin) ? ok(withDefaults(thin, asObject(data))) : err(undefined)
}

/** Whether data is as the schema says; what is wrong with it is reported. */
export function fits(schema: TSchema, data: unknown, report: Report): boolean {
  const subject: Subject = { schema: asObject(schema), data, report }
  const errors = Value.Errors(schema, data)
  const told = new Set<string>()
  for (const error of nearest(errors, data)) {
    // A value that breaks several rules at once (its type and its pattern) is told once.
    if (told.has(error.instancePath) && error.keyword !== 'additionalProperties' && error.keyword !== 'required') continue
    told.add(error.instancePath)
    tell(error, subject)
  }
  return errors.length === 0
}

/** What is looked at. */
type Subject = { readonly schema: JsonObject; readonly data: unknown; readonly report: Report }

/** `thin`: the data without what needs no defaults. */
function withDefaults(thin: JsonObject, data: JsonObject): Filled {
  // `fits` has found that the data is as the schema says: to look again, as `Value.Decode` does, would take most of the start.
  const decoded: unknown = DecodeUnsafe({}, RoutingFile, Value.Default(RoutingFile, structuredClone(inherit(thin))))
  // biome-ignore lint/nursery/noUnsafeTypeAssertion: Value.Default has filled in what the schema's own type calls optional.
  return withPlain(asObject(decoded), data) as Filled
}

type SchemaError = ReturnType<typeof Value.Errors>[number]

/**
 * Of a value that fits none of several forms, the errors that help: those within the form that was meant, where it is a
 * mapping, else the one that names all forms.
 */
function nearest(errors: readonly SchemaError[], data: unknown): readonly SchemaError[] {
  const dropped = new Set<SchemaError>()
  for (const choice of errors.filter(({ keyword }) => keyword === 'anyOf')) {
    const within = errors.filter(({ schemaPath }) => schemaPath.startsWith(`${choice.schemaPath}/anyOf/`))
    const meant = isObject(valueAt(data, stepsOf(choice.instancePath)))
      ? within.filter(({ keyword, instancePath }) => keyword !== 'type' || instancePath !== choice.instancePath)
      : []
    for (const error of within) if (!meant.includes(error)) dropped.add(error)
    if (meant.length > 0) dropped.add(choice)
  }
  return errors.filter((error) => !dropped.has(error) && error.keyword !== 'boolean')
}

function tell(error: SchemaError, subject: Subject): void {
  const { data, report } = subject
  const path = stepsOf(error.instancePath)
  switch (error.keyword) {
    case 'additionalProperties':
      return tellUnknownKeys(error, path, subject)
    case 'required':
      return report(path, `${name(path)} needs ${asArray(asObject(error.params)['requiredProperties']).join(', ')}`, {
        at: 'key',
      })
    default:
      return tellWrongValue(error, path, valueAt(data, path), subject)
  }
}

function tellUnknownKeys(error: SchemaError, path: readonly string[], { schema: root, report }: Subject): void {
  const known = Object.keys(asObject(schemaAt(root, error.schemaPath)['properties']))
  for (const key of asArray(asObject(error.params)['additionalProperties']).map(String)) {
    const hint = didYouMean(key, known) ?? `known keys: ${known.join(', ')}`
    report([...path, key], `unknown key ${key}`, { hint, at: 'key' })
  }
}

function tellWrongValue(error: SchemaError, path: readonly string[], value: unknown, { schema: root, report }: Subject): void {
  const schema = schemaAt(root, error.schemaPath)
  const expects = asString(schema['expects']) ?? typeName(schema) ?? error.message.replace(/^must be /, '')
  const found = schema['secret'] === true ? kindOf(value) : shown(value)
  const words = asArray(schema['enum']).map(String)
  const hint = words.length === 0 ? asString(schema['description']) : didYouMean(String(value), words)
  report(path, `${name(path)} must be ${expects}, not ${found}`, { hint })
}

function typeName(schema: JsonObject): string | undefined {
  const type = asString(schema['type'])
  return type === undefined ? undefined : (typeNames[type] ?? type)
}

const typeNames: Readonly<Record<string, string>> = {
  object: 'a mapping',
  array: 'a list',
  string: 'a text',
  boolean: 'true or false',
}

function stepsOf(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function schemaAt(root: JsonObject, schemaPath: string): JsonObject {
  let found: unknown = root
  for (const step of stepsOf(schemaPath)) found = Array.isArray(found) ? found[Number(step)] : asObject(found)[step]
  return asObject(found)
}

function valueAt(data: unknown, path: readonly string[]): unknown {
  let found = data
  for (const step of path) found = Array.isArray(found) ? found[Number(step)] : asObject(found)[step]
  return found
}

function name(path: readonly string[]): string {
  return path.length === 0 ? 'the file' : path.join('.')
}

function shown(value: unknown): string {
  return typeof value === 'object' || value === undefined ? kindOf(value) : String(value) || 'an empty text'
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  return isObject(value) ? 'a mapping' : `a ${typeof value}`
}
