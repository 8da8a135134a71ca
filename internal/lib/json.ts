import { readJson } from './exact-json.ts'
import { isRounded, keepLong } from './long-numbers.ts'
import { err, ok, type Result } from './result.ts'

/** A JSON object of unknown content. */
export type JsonObject = { readonly [key: string]: unknown }

/** Whether the value is a JSON object (not an array, not null). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value as an object, `{}` when it is something else. */
export function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {}
}

/** The value as an array, `[]` when it is something else. */
export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** The value as a finite number; one that is long is rounded. */
export function asNumber(value: unknown): number | undefined {
  if (typeof value === 'bigint') return Number(value)
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** The value as a whole number from 0 on; larger ones than can be counted with are none. */
export function asCount(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && typeof value === 'number' && value >= 0 ? value : undefined
}

export function asBoolean(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}

/** The entry of the table itself: a name from outside may be that of something which every object has. */
export function entryOf<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

/** Those fields of an object that are to be kept, in their order. */
export function fieldsThat(object: JsonObject, isKept: (name: string, value: unknown) => boolean): JsonObject {
  const kept: Record<string, unknown> = {}
  for (const name in object) {
    const value = object[name]
    if (isKept(name, value)) setField(kept, name, value)
  }
  return kept
}

/** Sets a field of the object itself: `__proto__` is a name like any other, and assigned it would be no field. */
export function setField<T>(object: Record<string, T>, name: string, value: T): void {
  if (name !== '__proto__') object[name] = value
  else Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
}

/**
 * How many lists and objects may be within each other. The parser itself takes any depth, but whatever walks through the value, and
 * JSON.stringify, would overflow the stack.
 */
export const deepest = 512

/** What is said of JSON that goes deeper. */
export const tooDeep = `it is nested deeper than ${deepest} levels`

/** Parses JSON text; the error is the parser's message. Lists and objects within each other are taken 512 deep. */
export function parseJson(text: string): Result<unknown, string> {
  try {
    const value = readJson(text, deepest)
    return mayBeDeeper(text) && oddityIn(value, deepest) === 'depth' ? err(tooDeep) : ok(value)
  } catch (error) {
    return err(messageOf(error))
  }
}

/** The same, with whole numbers beyond 2^53 (ids of 64 bits) as bigints, which JSON.stringify writes as they were. */
export function parseExactJson(text: string): Result<unknown, string> {
  try {
    const value = readJson(text, deepest)
    const oddity = oddityIn(value, deepest)
    if (oddity === 'depth') return err(tooDeep)
    return ok(oddity === 'long number' ? readJson(text, deepest, keepLong) : value)
  } catch (error) {
    return err(messageOf(error))
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Each level has two brackets: most texts are too short to be too deep, and of the others most have too few. */
function mayBeDeeper(text: string): boolean {
  if (text.length <= 2 * deepest) return false
  let found = 0
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) if (++found > deepest) return true
  }
  return false
}

type Oddity = 'depth' | 'long number' | undefined

/**
 * What of a value cannot be taken as it is: the depth, if it has both. There is much less to a value than to its text, and both of the two
 * can only be in few.
 */
function oddityIn(value: unknown, levels: number): Oddity {
  if (typeof value === 'number') return isRounded(value) ? 'long number' : undefined
  if (typeof value !== 'object' || value === null) return undefined
  if (levels === 0) return 'depth'
  if (Array.isArray(value)) return oddityInList(value, levels - 1)
  return isObject(value) ? oddityInFields(value, levels - 1) : undefined
}

function oddityInList(list: readonly unknown[], levels: number): Oddity {
  let found: Oddity
  for (const entry of list) {
    if (typeof entry !== 'string') found = oddityIn(entry, levels) ?? found
    if (found === 'depth') return found
  }
  return found
}

function oddityInFields(object: JsonObject, levels: number): Oddity {
  let found: Oddity
  for (const name in object) {
    const entry = object[name]
    if (typeof entry !== 'string') found = oddityIn(entry, levels) ?? found
    if (found === 'depth') return found
  }
  return found
}

type Compact<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** Leaves out the keys whose value is undefined, so that optional fields can be written in one literal. */
export function compact<const T extends object>(value: T): Compact<T> {
  // Mostly there is nothing to leave out, and the literal itself will do.
  for (const key in value) {
    if (value[key] === undefined) return withoutUndefined(value)
  }
  // biome-ignore lint/nursery/noUnsafeTypeAssertion: the loop above saw what the type says, which the compiler cannot follow.
  return value as Compact<T>
}

function withoutUndefined<const T extends object>(value: T): Compact<T> {
  const result: Record<string, unknown> = {}
  for (const key in value) {
    if (value[key] !== undefined) result[key] = value[key]
  }
  // biome-ignore lint/nursery/noUnsafeTypeAssertion: the loop above does what the type says, which the compiler cannot follow.
  return result as Compact<T>
}
