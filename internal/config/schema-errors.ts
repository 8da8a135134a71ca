import type { TSchema } from 'typebox'
import { Settings } from 'typebox/system'
import { Value } from 'typebox/value'
import { asObject, isObject, type JsonObject } from '#lib/json.ts'

// The alternatives of our unions exclude each other: nothing is gained by sorting them anew at each reading. All errors are to be told.
Settings.Set({ unionPrioritySort: false, maxErrors: 1000 })

export type SchemaError = ReturnType<typeof Value.Errors>[number]

/** What is wrong with data by its schema: of each mistake the errors that help. */
export function schemaErrors(schema: TSchema, data: unknown): readonly SchemaError[] {
  return nearest(Value.Errors(schema, data), data)
}

/**
 * Of a value that fits none of several forms, the errors that help: those within the form that was meant, where it is a
 * mapping, else the one that names all forms.
 */
function nearest(errors: readonly SchemaError[], data: unknown): readonly SchemaError[] {
  const dropped = new Set<SchemaError>()
  for (const choice of errors.filter(({ keyword }) => keyword === 'anyOf')) {
    const within = errors.filter(
      ({ schemaPath, instancePath }) =>
        schemaPath.startsWith(`${choice.schemaPath}/anyOf/`) && isWithin(instancePath, choice.instancePath),
    )
    const meant = isObject(valueAt(data, stepsOf(choice.instancePath)))
      ? within.filter(({ keyword, instancePath }) => keyword !== 'type' || instancePath !== choice.instancePath)
      : []
    for (const error of within) if (!meant.includes(error)) dropped.add(error)
    if (meant.length > 0) dropped.add(choice)
  }
  return errors.filter((error) => !dropped.has(error) && error.keyword !== 'boolean')
}

/** Entries of a list or mapping have the same schema: an error of one says nothing of its neighbours. */
function isWithin(pointer: string, outer: string): boolean {
  return pointer === outer || pointer.startsWith(`${outer}/`)
}

/** The steps of a JSON pointer. */
export function stepsOf(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The part of a schema that an error is about. */
export function schemaAt(root: JsonObject, schemaPath: string): JsonObject {
  let found: unknown = root
  for (const step of stepsOf(schemaPath)) found = Array.isArray(found) ? found[Number(step)] : asObject(found)[step]
  return asObject(found)
}

/** What stands at a place of the data. */
export function valueAt(data: unknown, path: readonly string[]): unknown {
  let found = data
  for (const step of path) found = Array.isArray(found) ? found[Number(step)] : asObject(found)[step]
  return found
}
