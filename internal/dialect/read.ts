import type { Failure } from '#canonical/failure.ts'
import { asNumber, isObject, type JsonObject } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'

/** A client's request that cannot be read: which field, and what it should be. */
export class BadField extends Error {
  readonly param: string

  constructor(param: string, expected: string) {
    super(`${param} ${expected}`)
    this.param = param
  }
}

const longestMessage = 1000
const longestParam = 300

/** Runs a reader; a field of the wrong type comes back as an `invalid_request` failure that names it. */
export function reading<T>(read: () => T): Result<T, Failure> {
  try {
    return ok(read())
  } catch (error) {
    if (!(error instanceof BadField)) throw error
    // A client's own words can stand in both, a whole image among them.
    return err({
      kind: 'invalid_request',
      phase: 'request',
      message: error.message.slice(0, longestMessage),
      param: error.param.slice(0, longestParam),
    })
  }
}

/** The value as an object; absent is undefined, anything else is at fault. */
export function objectAt(value: unknown, param: string): JsonObject {
  if (!isObject(value)) throw new BadField(param, 'must be an object')
  return value
}

export function arrayAt(value: unknown, param: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new BadField(param, 'must be an array')
  return value
}

export function stringAt(value: unknown, param: string): string {
  if (typeof value !== 'string') throw new BadField(param, 'must be a string')
  return value
}

/** null counts as left out: SDKs write it for fields that the caller did not set. */
export function optionalString(value: unknown, param: string): string | undefined {
  return value === undefined || value === null ? undefined : stringAt(value, param)
}

export function optionalNumber(value: unknown, param: string): number | undefined {
  if (value === undefined || value === null) return undefined
  const number = asNumber(value)
  if (number === undefined) throw new BadField(param, 'must be a number')
  return number
}

export function optionalInteger(value: unknown, param: string): number | undefined {
  const number = optionalNumber(value, param)
  if (number !== undefined && !Number.isInteger(number)) throw new BadField(param, 'must be an integer')
  return number
}

export function optionalBoolean(value: unknown, param: string): boolean | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'boolean') throw new BadField(param, 'must be true or false')
  return value
}

export function optionalObject(value: unknown, param: string): JsonObject | undefined {
  return value === undefined || value === null ? undefined : objectAt(value, param)
}

export function optionalArray(value: unknown, param: string): readonly unknown[] | undefined {
  return value === undefined || value === null ? undefined : arrayAt(value, param)
}

/** A string, or an array of strings. */
export function optionalStrings(value: unknown, param: string): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return [value]
  return arrayAt(value, param).map((entry, index) => stringAt(entry, `${param}[${index}]`))
}

/** One of these words. */
export function optionalWord<const Words extends readonly string[]>(
  value: unknown,
  words: Words,
  param: string,
): Words[number] | undefined {
  const text = optionalString(value, param)
  if (text === undefined) return undefined
  const found = words.find((word) => word === text)
  if (found === undefined) throw new BadField(param, `must be one of ${words.join(', ')}`)
  return found
}
