import type { TSchema } from 'typebox'
import { DecodeUnsafe, Value } from 'typebox/value'
import { asArray, asObject, asString, isObject, type JsonObject } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'
import { inherit } from './inherit.ts'
import { type IsAside, mend } from './mend.ts'
import { withoutPlain, withPlain } from './plain-targets.ts'
import { didYouMean } from './problem.ts'
import type { Report } from './report.ts'
import { type Filled, RoutingFile } from './schema/routing-file.ts'
import { type SchemaError, schemaAt, schemaErrors, stepsOf, valueAt } from './schema-errors.ts'

/** A file that the schema refuses: so much of it as can be looked at all the same, if it is enough to find more mistakes. */
export type Refused = { readonly mended: { readonly filled: Filled; readonly isAside: IsAside } | undefined }

/** The file's data with its defaults; what is wrong with it is reported. */
export function validate(data: unknown, report: Report): Result<Filled, Refused> {
  const thin = isObject(data) ? withoutPlain(data) : data
  const errors = schemaErrors(RoutingFile, thin)
  if (errors.length === 0 && isObject(thin)) return ok(withDefaults(thin, asObject(data)))
  tellAll(errors, { schema: asObject(RoutingFile), data: thin, report })
  const mended = mend(asObject(data), errors)
  if (mended === undefined) return err({ mended: undefined })
  return err({ mended: { filled: withDefaults(withoutPlain(mended.data), mended.data), isAside: mended.isAside } })
}

/** Whether data is as the schema says; what is wrong with it is reported. */
export function fits(schema: TSchema, data: unknown, report: Report): boolean {
  const errors = schemaErrors(schema, data)
  tellAll(errors, { schema: asObject(schema), data, report })
  return errors.length === 0
}

function tellAll(errors: readonly SchemaError[], subject: Subject): void {
  const told = new Set<string>()
  for (const error of errors) {
    // A value that breaks several rules at once (its type and its pattern) is told once.
    if (told.has(error.instancePath) && error.keyword !== 'additionalProperties' && error.keyword !== 'required') continue
    told.add(error.instancePath)
    tell(error, subject)
  }
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
  // `'1'` where a number is meant would read as the number.
  const isWrittenAlike = typeof value === 'string' && String(schema['const']) === value
  const found = schema['secret'] === true || isWrittenAlike ? kindOf(value) : shown(value)
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
