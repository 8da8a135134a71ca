import { Value } from 'typebox/value'
import { asObject, asString, isObject, type JsonObject } from '#lib/json.ts'
import { RoutingFile } from './schema/routing-file.ts'

/** A block of an entry that refines the block of the file that its schema calls `inherits`. */
type Refinement = { readonly block: string; readonly base: string; readonly fields: readonly string[] }

const groups = ['providers', 'models'] as const
const refinements = Object.fromEntries(groups.map((group) => [group, refinementsOf(group)]))

/**
 * Puts the blocks at the top under those of providers and models that refine them, so that these are whole once defaults
 * are filled in.
 */
export function inherit(data: JsonObject): JsonObject {
  const refined = groups.map((group) => [
    group,
    Object.fromEntries(
      Object.entries(asObject(data[group])).map(([name, entry]) => [
        name,
        refine(asObject(entry), data, refinements[group] ?? []),
      ]),
    ),
  ])
  return { ...data, ...Object.fromEntries(refined) }
}

function refine(entry: JsonObject, data: JsonObject, blocks: readonly Refinement[]): JsonObject {
  const own = blocks.filter(({ block }) => isObject(entry[block]))
  const whole = own.map(({ block, base, fields }) => {
    const inherited = Object.entries(wholeBlock(data, base)).filter(([field]) => fields.includes(field))
    return [block, laidOver(Object.fromEntries(inherited), asObject(entry[block]))]
  })
  return { ...entry, ...Object.fromEntries(whole) }
}

/** The block at the top with its defaults, which those of providers and models have too: they are entries of a mapping, where none are filled in. */
function wholeBlock(data: JsonObject, name: string): JsonObject {
  const schema = Object.entries(RoutingFile.properties).find(([block]) => block === name)?.[1]
  const given = structuredClone(asObject(data[name]))
  return schema === undefined ? given : asObject(Value.Default(schema, given))
}

function laidOver(base: JsonObject, own: JsonObject): JsonObject {
  const merged = Object.entries(own).map(([key, value]) => {
    const below = base[key]
    return [key, isObject(value) && isObject(below) ? laidOver(below, value) : value]
  })
  return { ...base, ...Object.fromEntries(merged) }
}

function refinementsOf(group: string): readonly Refinement[] {
  const [entry] = Object.values(asObject(asObject(asObject(RoutingFile.properties)[group])['patternProperties']))
  return Object.entries(asObject(asObject(entry)['properties'])).flatMap(([block, schema]) => {
    const base = asString(asObject(schema)['inherits'])
    return base === undefined ? [] : [{ block, base, fields: Object.keys(asObject(asObject(schema)['properties'])) }]
  })
}
