import { loadFile } from '#config/load.ts'
import { formatProblem } from '#config/problem.ts'
import { exitCodes } from './exit.ts'
import { complain, print } from './terminal.ts'

/** `outrigger check`: every problem of a routing file, one a line. */
export function check(file: string, { strict }: { readonly strict: boolean }): number {
  const loaded = loadFile({ path: file, strict })
  if (!loaded.ok) {
    for (const problem of loaded.error) complain(formatProblem(problem))
    return exitCodes.failed
  }
  for (const warning of loaded.value.warnings) complain(`${formatProblem(warning)} [warning]`)
  const { models, providers } = loaded.value.config
  print(`${file}: good (${providers.size} providers, ${models.length} models)`)
  return exitCodes.ok
}
