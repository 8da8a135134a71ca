import type { Config } from '#config/config.ts'
import { loadFile } from '#config/load.ts'
import { formatProblem, type Problem } from '#config/problem.ts'
import { exitCodes } from './exit.ts'
import { complain, print } from './terminal.ts'

export type CheckOptions = {
  /** An unset secret is a problem too. */
  readonly strict: boolean
  readonly json: boolean
  /** The shared server is asked, too. */
  readonly connect: boolean
}

/** `outrigger check`: every problem of a routing file, one a line. */
export async function check(file: string, { strict, json, connect }: CheckOptions): Promise<number> {
  const loaded = loadFile({ path: file, strict })
  const errors = loaded.ok ? [] : loaded.error
  const warnings = loaded.ok ? loaded.value.warnings : []
  if (json) print(JSON.stringify({ file, ok: loaded.ok, errors: errors.map(asJson), warnings: warnings.map(asJson) }))
  else {
    for (const problem of errors) complain(formatProblem(problem))
    for (const warning of warnings) complain(`${formatProblem(warning)} [warning]`)
  }
  if (!loaded.ok) return exitCodes.failed
  const { config } = loaded.value
  if (connect && !(await answers(file, config, json))) return exitCodes.failed
  if (!json) print(`${file}: good (${config.providers.size} providers, ${config.models.length} models)`)
  return exitCodes.ok
}

/** Whether the shared server can be reached, where one is named; tells what it says of itself. */
async function answers(file: string, config: Config, json: boolean): Promise<boolean> {
  const { checkConnections } = await import('./check-connect.ts')
  const { ok, lines } = await checkConnections(config)
  for (const line of lines) (ok && !json ? print : complain)(`${file}: ${line}`)
  return ok
}

function asJson({ file, line, column, message, hint }: Problem): object {
  return { file, line, column, message, hint }
}
