import type { Locate } from './place.ts'
import type { Problem } from './problem.ts'
import type { SecretSources } from './secrets.ts'

/** What the blocks of a file are put together with. */
export type BuildContext = {
  readonly file: string
  readonly locate: Locate
  readonly sources: SecretSources
  /** An unset secret is an error. */
  readonly strict: boolean
  readonly digest: string
  readonly nowMs: number
}

/** Notes a problem at a path of the file. */
export type Report = (path: readonly string[], message: string, hint?: string, severity?: Problem['severity']) => void

export function reportTo(problems: Problem[], { file, locate }: BuildContext): Report {
  return (path, message, hint, severity = 'error') => {
    problems.push({ file, ...locate(path, 'value'), message, severity, ...(hint === undefined ? {} : { hint }) })
  }
}
