import { type StaticDecode, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import { parseDocument } from 'yaml'
import { asArray, asObject, asString, isObject } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'
import { type FaultKind, type FaultRule, faultKinds, Latency } from './fault-kinds.ts'

/** What goes wrong, how often, and how fast the mock is when nothing does. */
export type FaultPlan = {
  /** The same seed gives the same faults to the same sequence of calls. */
  readonly seed: number
  readonly latency: StaticDecode<typeof Latency>
  /** The first rule that fires is the fault of a call. */
  readonly faults: readonly FaultRule[]
}

/** Nothing goes wrong and nothing takes time. */
export const soundPlan: FaultPlan = { seed: 1, latency: { first_token: 0, chunk: 0 }, faults: [] }

const Frame = Type.Object(
  {
    seed: Type.Integer({ minimum: 0, default: 1 }),
    latency: Latency,
    faults: Type.Array(Type.Unknown(), { default: [] }),
  },
  { additionalProperties: false },
)

/** Reads a fault plan from YAML (JSON is YAML). The error lists every problem, each with its place. */
export function parseFaultPlan(text: string): Result<FaultPlan, readonly string[]> {
  const document = parseDocument(text)
  if (document.errors.length > 0) return err(document.errors.map((error) => error.message))
  const value: unknown = document.toJS()
  return readFaultPlan(value ?? {})
}

/** Reads a fault plan from data: durations are text, as in the file. The error lists every problem, each with its place. */
export function readFaultPlan(value: unknown): Result<FaultPlan, readonly string[]> {
  if (!isObject(value)) return err(['a fault plan is a mapping with the keys seed, latency and faults'])
  const frame = check(Frame, value, '')
  const rules = asArray(value['faults']).map(readRule)
  const problems = [frame, ...rules].flatMap((result) => (result.ok ? [] : result.error))
  if (!frame.ok || problems.length > 0) return err(problems)
  const { seed, latency } = frame.value
  return ok({ seed, latency, faults: rules.flatMap((result) => (result.ok ? [result.value] : [])) })
}

function readRule(value: unknown, index: number): Result<FaultRule, readonly string[]> {
  const place = `faults[${index}]`
  const kind = asObject(value)['kind']
  if (!isKind(kind)) {
    const told = kind === undefined ? 'kind is missing' : `there is no kind ${JSON.stringify(kind)}`
    return err([`${place}: ${told}; kinds are ${Object.keys(faultKinds).join(', ')}`])
  }
  return check(faultKinds[kind], value, place)
}

function isKind(value: unknown): value is FaultKind {
  return typeof value === 'string' && Object.hasOwn(faultKinds, value)
}

function check<Schema extends TSchema>(
  schema: Schema,
  given: unknown,
  place: string,
): Result<StaticDecode<Schema>, readonly string[]> {
  const value = Value.Default(schema, structuredClone(given))
  const problems = [...Value.Errors(schema, value)].filter(({ keyword }) => keyword !== 'boolean')
  if (problems.length === 0) return ok(Value.Decode(schema, value))
  // A value that fits no branch of a union is reported for each branch and then for the union: the last one counts.
  const told = new Map<string, string>()
  for (const { instancePath, schemaPath, message, params } of problems) {
    const path = `${place}${instancePath.replace(/\/(\d+)/g, '[$1]').replaceAll('/', '.')}`.replace(/^\./, '')
    const names = asArray(asObject(params)['allowedValues'] ?? asObject(params)['additionalProperties'])
    const hint = names.length > 0 ? `: ${names.join(', ')}` : descriptionAt(schema, schemaPath)
    told.set(path, `${path === '' ? '' : `${path}: `}${message}${hint}`)
  }
  return err([...told.values()])
}

/** What the schema says of the field at fault, in brackets. */
function descriptionAt(schema: unknown, schemaPath: string): string {
  let found = schema
  for (const step of schemaPath.split('/').slice(1)) found = Array.isArray(found) ? found[Number(step)] : asObject(found)[step]
  const description = asString(asObject(found)['description'])
  return description === undefined ? '' : ` (${description})`
}
