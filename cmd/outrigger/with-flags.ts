import type { Loaded } from '#config/load.ts'
import type { Problem } from '#config/problem.ts'
import { ok, type Result } from '#lib/result.ts'
import { logLevels, type ServeOptions } from './serve-options.ts'

/** Flags go over the file; they stand again after each reload. */
export function withFlags(
  loaded: Result<Loaded, readonly Problem[]>,
  { listen, admin, logLevel }: ServeOptions,
): Result<Loaded, readonly Problem[]> {
  if (!loaded.ok) return loaded
  const level = logLevels.find((known) => known === logLevel)
  const config = {
    ...loaded.value.config,
    ...(listen === undefined ? {} : { listen }),
    ...(admin === undefined ? {} : { admin }),
    ...(level === undefined ? {} : { log: { ...loaded.value.config.log, level } }),
  }
  return ok({ ...loaded.value, config })
}
