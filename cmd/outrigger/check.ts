import { loadFile } from '#config/load.ts'
import { formatProblem, type Problem } from '#config/problem.ts'
import { exitCodes } from './exit.ts'
import { complain, print } from './terminal.ts'

export type CheckOptions = { readonly strict: boolean; readonly json: boolean }

/** `outrigger check`: every problem of a routing file, one a line. */
export function check(file: string, { strict, json }: CheckOptions): number {
  const loaded = loadFile({ path: file, strict })
  const errors = loaded.ok ? [] : loaded.error
  const warnings = loaded.ok ? loaded.value.warnings : []
  if (json) print(JSON.stringify({ file, ok: loaded.ok, errors: errors.map(asJson), warnings: warnings.map(asJson) }))
  else {
    for (const problem of errors) complain(formatProblem(problem))
    for (const warning of warnings) complain(`${formatProblem(warning)} [warning]`)
  }
  if (!loaded.ok) return exitCodes.failed
  const { models, providers } = loaded.value.config
  if (!json) print(`${file}: good (${providers.size} providers, ${models.length} models)`)
  return exitCodes.ok
}

function asJson({ file, line, column, message, hint }: Problem): object {
  return { file, line, column, message, hint }
}
