import { asArray, asObject, asString, isObject, type JsonObject } from '#lib/json.ts'
import { RoutingFile } from './schema/routing-file.ts'
import { type SchemaError, schemaAt, schemaErrors, stepsOf } from './schema-errors.ts'

type Path = readonly string[]

/** Whether a problem may only follow from what was refused: it is at it, above it, within it or right beside it. */
export type IsAside = (path: Path) => boolean

export type Mended = { readonly data: JsonObject; readonly isAside: IsAside }

/** A place that the schema refuses, with what is put there so that the rest can be looked at; left out: nothing. */
type Refusal = { readonly path: Path; readonly value?: unknown }

/**
 * Takes the place of what the schema refuses, so that mistakes elsewhere can be found in the same run: unknown keys are left out, values
 * are replaced by some of their type. Names of providers and models stay, so that nobody who uses them is told that they are not there.
 * Undefined where that is not possible.
 */
export function mend(data: JsonObject, errors: readonly SchemaError[]): Mended | undefined {
  const refusals = errors.flatMap(refusalsOf)
  // Without the names every use of one would look like a mistake.
  if (refusals.some(({ path }) => path.length === 0 || /^(providers|models)$/.test(path.join('/')))) return undefined
  const mended = asObject(refusals.reduce<unknown>((made, refusal) => put(made, refusal.path, refusal), data))
  const isWithin = (path: Path): boolean => refusals.some((refusal) => startsWith(path, refusal.path))
  // What was put there has the type alone: it may be too short or too small.
  if (!schemaErrors(RoutingFile, mended).every(({ instancePath }) => isWithin(stepsOf(instancePath)))) return undefined
  return { data: mended, isAside: (path) => refusals.some((refusal) => isNear(path, refusal.path)) }
}

function refusalsOf({ keyword, params, instancePath, schemaPath }: SchemaError): readonly Refusal[] {
  const path = stepsOf(instancePath)
  const schema = schemaAt(asObject(RoutingFile), schemaPath)
  const names = (key: string): readonly string[] => asArray(asObject(params)[key]).map(String)
  switch (keyword) {
    case 'additionalProperties':
      return names('additionalProperties').map((name) => ({ path: [...path, name] }))
    case 'required':
      return names('requiredProperties').map((name) => {
        const at = [...path, name]
        return { path: at, value: standIn(asObject(asObject(schema['properties'])[name]), at) }
      })
    default:
      return [{ path, value: standIn(schema, path) }]
  }
}

/** A value of the type that the schema asks for. Numbers are none, so that nothing is above or below them; texts are like no other. */
function standIn(schema: JsonObject, path: Path): unknown {
  if ('const' in schema) return schema['const']
  const [word] = asArray(schema['enum'])
  if (word !== undefined) return word
  const [form] = asArray(schema['anyOf'])
  if (form !== undefined) return standIn(asObject(form), path)
  switch (asString(schema['type'])) {
    case 'object': {
      const properties = asObject(schema['properties'])
      return Object.fromEntries(
        asArray(schema['required']).map((key) => [key, standIn(asObject(properties[String(key)]), [...path, String(key)])]),
      )
    }
    case 'array':
      return []
    case 'boolean':
      return false
    case 'string':
      return path.join('.')
    default:
      return Number.NaN
  }
}

/** The data with another value, or with none, at this place. */
function put(data: unknown, path: Path, refusal: Refusal): unknown {
  const [key, ...rest] = path
  if (key === undefined) return refusal.value
  if (Array.isArray(data)) return data.map((entry, index) => (String(index) === key ? put(entry, rest, refusal) : entry))
  if (!isObject(data)) return data
  const { [key]: before, ...others } = data
  if (rest.length === 0 && !('value' in refusal)) return others
  return { ...data, [key]: put(before, rest, refusal) }
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((step, index) => path[index] === step)
}

function isNear(path: Path, refused: Path): boolean {
  if (startsWith(path, refused) || startsWith(refused, path)) return true
  const [block, refusedBlock] = [path.slice(0, -1), refused.slice(0, -1)]
  if (refusedBlock.length === 0 || isIndependent(path)) return false
  // A block of a provider or a model has what it leaves out from the block of this name at the top.
  return block.slice(-refusedBlock.length).join('/') === refusedBlock.join('/')
}

/** Whether it says nothing of what stands beside it: entries of lists, providers and models, and what a model or a rule is made of. */
function isIndependent(path: Path): boolean {
  const [block = '', , ...rest] = path
  if (/^\d+$/.test(path.at(-1) ?? '')) return true
  return (path.length === 2 && /^(providers|models)$/.test(block)) || (rest.length === 1 && /^(models|rules)$/.test(block))
}
