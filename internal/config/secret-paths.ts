import { asArray, asObject, type JsonObject } from '#lib/json.ts'

/**
 * Tells which texts of the file are secrets: those whose schema says `secret`. They stay as they are written, so that a
 * key follows the file it is taken from.
 */
export function secretPaths(schema: unknown): (path: readonly string[]) => boolean {
  const patterns = collect(asObject(schema), [])
  return (path) =>
    patterns.some((pattern) => pattern.length === path.length && pattern.every((step, at) => step === '*' || step === path[at]))
}

function collect(schema: JsonObject, path: readonly string[]): readonly (readonly string[])[] {
  if (schema['secret'] === true) return [path]
  return [
    ...Object.entries(asObject(schema['properties'])).flatMap(([name, field]) => collect(asObject(field), [...path, name])),
    ...Object.values(asObject(schema['patternProperties'])).flatMap((field) => collect(asObject(field), [...path, '*'])),
    ...(schema['items'] === undefined ? [] : collect(asObject(schema['items']), [...path, '*'])),
    ...asArray(schema['anyOf']).flatMap((option) => collect(asObject(option), path)),
  ]
}
