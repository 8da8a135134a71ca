import { Value } from 'typebox/value'
import { asArray, asObject, asString } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'
import type { Locate } from './place.ts'
import { didYouMean, type Problem } from './problem.ts'
import { RoutingFile, type RoutingFileData } from './schema/routing-file.ts'

/** The file's data with its defaults, or what is wrong with it. */
export function validate(data: unknown, file: string, locate: Locate): Result<RoutingFileData, readonly Problem[]> {
  const errors = [...Value.Errors(RoutingFile, data)]
  if (errors.length === 0) return ok(Value.Decode(RoutingFile, Value.Default(RoutingFile, structuredClone(data))))
  const problems = new Map<string, Problem>()
  for (const error of errors) {
    for (const problem of problemsOf(error, data, file, locate)) {
      const key = `${problem.line}:${problem.column}`
      // Of several errors at one place the first is the nearest to what was written; a union's own is the last and the best.
      if (!problems.has(key) || error.keyword === 'anyOf') problems.set(key, problem)
    }
  }
  return err([...problems.values()].sort((a, b) => a.line - b.line || a.column - b.column))
}

type SchemaError = ReturnType<typeof Value.Errors>[number]

function problemsOf(error: SchemaError, data: unknown, file: string, locate: Locate): readonly Problem[] {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  if (error.keyword === 'boolean') return []
  const schema = schemaAt(error.schemaPath)
  const params = asObject(error.params)
  if (error.keyword === 'additionalProperties') {
    const known = Object.keys(asObject(schema['properties']))
    return asArray(params['additionalProperties']).map((key) => {
      const hint = didYouMean(String(key), known) ?? `known keys: ${known.join(', ')}`
      return { file, ...locate([...path, String(key)], 'key'), message: `unknown key ${String(key)}`, hint, severity: 'error' }
    })
  }
  if (error.keyword === 'required') {
    const missing = asArray(params['requiredProperties']).join(', ')
    return [{ file, ...locate(path, 'key'), message: `${name(path)} needs ${missing}`, severity: 'error' }]
  }
  const expects = asString(schema['expects']) ?? error.message
  const found = tell(valueAt(data, path))
  const words = asArray(schema['enum']).map(String)
  const hint = words.length === 0 ? asString(schema['description']) : didYouMean(found, words)
  const problem = {
    file,
    ...locate(path, 'value'),
    message: `${name(path)} must be ${expects.replace(/^must be /, '')}, not ${found}`,
    severity: 'error',
  } as const
  return [hint === undefined ? problem : { ...problem, hint }]
}

function schemaAt(schemaPath: string): Readonly<Record<string, unknown>> {
  let found: unknown = RoutingFile
  for (const step of schemaPath.split('/').slice(1)) {
    found = Array.isArray(found) ? found[Number(step)] : asObject(found)[step.replaceAll('~1', '/')]
  }
  return asObject(found)
}

function valueAt(data: unknown, path: readonly string[]): unknown {
  let found = data
  for (const step of path) found = Array.isArray(found) ? found[Number(step)] : asObject(found)[step]
  return found
}

function name(path: readonly string[]): string {
  return path.length === 0 ? 'the file' : path.join('.')
}

function tell(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  return typeof value === 'string' ? value : String(value)
}
