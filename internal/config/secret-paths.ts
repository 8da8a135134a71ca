import { asArray, asObject } from '#lib/json.ts'

/**
 * Whether the text at this place of the file is a secret: its schema says `secret`. Such a text stays as it is written, so that a
 * key follows the file it is taken from.
 */
export function isSecretAt(schema: unknown, [step, ...rest]: readonly string[]): boolean {
  const { secret, properties, patternProperties, items, anyOf } = asObject(schema)
  if (asArray(anyOf).some((option) => isSecretAt(option, step === undefined ? [] : [step, ...rest]))) return true
  if (step === undefined) return secret === true
  return (
    isSecretAt(asObject(properties)[step], rest) ||
    Object.values(asObject(patternProperties)).some((field) => isSecretAt(field, rest)) ||
    (items !== undefined && isSecretAt(items, rest))
  )
}
