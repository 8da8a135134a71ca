import type { Locate } from './place.ts'
import type { Problem } from './problem.ts'

/** Notes a problem at a path of the file. */
export type Report = (path: readonly string[], message: string, options?: ReportOptions) => void

export type ReportOptions = {
  readonly hint?: string | undefined
  /** Default `error`. */
  readonly severity?: Problem['severity']
  /** Which half of the line it is about. Default `value`. */
  readonly at?: 'key' | 'value'
  /** Whether it holds whatever is wrong beside it. Default false: beside a mistake that was told it may only follow from that. */
  readonly certain?: boolean
}

export function reportTo(problems: Problem[], file: string, locate: Locate): Report {
  return (path, message, { hint, severity = 'error', at = 'value' } = {}) => {
    problems.push({ file, ...locate.place(path, at), message, severity, ...(hint === undefined ? {} : { hint }) })
  }
}
