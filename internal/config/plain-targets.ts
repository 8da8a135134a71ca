import { asObject, isObject, type JsonObject } from '#lib/json.ts'
import { targetPattern } from './schema/models.ts'

const plain = new RegExp(targetPattern, 'u')

/**
 * The data without what the schema asks nothing else of, and has no defaults for: targets that are just `provider/model`, and models that
 * have nothing else. In a large file that is nearly all, and the schema goes through everything it knows at each of them. A model with
 * more in it keeps one target for all.
 */
export function withoutPlain(data: JsonObject): JsonObject {
  if (!isObject(data['models'])) return data
  const models = Object.entries(data['models']).flatMap(([name, model]) => {
    if (!isObject(model) || !isPlainList(model['targets'])) return [[name, model]]
    return hasMore(model) ? [[name, { ...model, targets: model['targets'].slice(0, 1) }]] : []
  })
  return { ...data, models: Object.fromEntries(models) }
}

/** Puts back into what was made of it what was left out of `data`. */
export function withPlain(made: JsonObject, data: JsonObject): JsonObject {
  if (!isObject(data['models'])) return made
  const rest = asObject(made['models'])
  const models = Object.entries(data['models']).map(([name, model]) => {
    const { targets } = asObject(model)
    return [name, isPlainList(targets) ? { ...asObject(rest[name]), targets } : rest[name]]
  })
  return { ...made, models: Object.fromEntries(models) }
}

function isPlainList(targets: unknown): targets is readonly unknown[] {
  return (
    Array.isArray(targets) && targets.length > 0 && targets.every((target) => typeof target === 'string' && plain.test(target))
  )
}

function hasMore(model: JsonObject): boolean {
  return Object.keys(model).length > 1
}
