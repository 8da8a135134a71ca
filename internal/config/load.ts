import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { LineCounter, parseDocument } from 'yaml'
import { err, ok, type Result } from '#lib/result.ts'
import { buildConfig } from './build.ts'
import type { Config } from './config.ts'
import { locator } from './place.ts'
import type { Problem } from './problem.ts'
import { processSources, type SecretSources } from './secrets.ts'
import { validate } from './validate.ts'

export type LoadOptions = {
  /** How the file is named in problems. */
  readonly path: string
  readonly sources?: SecretSources
  /** An unset secret is an error, not a warning. Default false. */
  readonly strict?: boolean
  readonly nowMs?: number
}

/** A configuration, with what is not wrong enough to refuse it. */
export type Loaded = { readonly config: Config; readonly warnings: readonly Problem[] }

/** Reads a routing file; every problem of it is given at once. */
export function loadFile(options: LoadOptions): Result<Loaded, readonly Problem[]> {
  try {
    return loadText(readFileSync(options.path, 'utf8'), options)
  } catch (error) {
    const message = `the file cannot be read: ${error instanceof Error ? error.message : String(error)}`
    return err([{ file: options.path, line: 1, column: 1, message, severity: 'error' }])
  }
}

/** Text of a routing file → the configuration it describes. */
export function loadText(text: string, options: LoadOptions): Result<Loaded, readonly Problem[]> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false })
  const file = options.path
  if (document.errors.length > 0) {
    return err(
      document.errors.map((error): Problem => {
        const { line, col } = lines.linePos(error.pos[0])
        return { file, line, column: col, message: `not valid YAML: ${error.message}`, severity: 'error' }
      }),
    )
  }
  const data: unknown = document.toJS()
  if (data === null || data === undefined) {
    // A save that truncates first is seen as an empty file for a moment.
    return err([{ file, line: 1, column: 1, message: 'the file is empty', severity: 'error' }])
  }
  const locate = locator(document, lines)
  const valid = validate(data, file, locate)
  if (!valid.ok) return valid
  const built = buildConfig(valid.value, {
    file,
    locate,
    sources: options.sources ?? processSources,
    strict: options.strict ?? false,
    digest: createHash('sha256').update(text).digest('hex').slice(0, 16),
    nowMs: options.nowMs ?? Date.now(),
  })
  const errors = built.problems.filter((problem) => problem.severity === 'error')
  return errors.length > 0 ? err(built.problems) : ok({ config: built.config, warnings: built.problems })
}
