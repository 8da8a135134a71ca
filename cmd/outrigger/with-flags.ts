import type { Loaded } from '#config/load.ts'
import type { Problem } from '#config/problem.ts'
import { ok, type Result } from '#lib/result.ts'
import type { ServeOptions } from './serve-options.ts'

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

/** Flags go over the file; they stand again after each reload. */
export function withFlags(
  loaded: Result<Loaded, readonly Problem[]>,
  { listen, admin, logLevel }: ServeOptions,
): Result<Loaded, readonly Problem[]> {
  if (!loaded.ok) return loaded
  const level = levels.find((known) => known === logLevel)
  const config = {
    ...loaded.value.config,
    ...(listen === undefined ? {} : { listen }),
    ...(admin === undefined ? {} : { admin }),
    ...(level === undefined ? {} : { log: { ...loaded.value.config.log, level } }),
  }
  return ok({ ...loaded.value, config })
}
