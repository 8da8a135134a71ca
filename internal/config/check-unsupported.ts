import type { Report } from './report.ts'
import type { Filled } from './schema/routing-file.ts'

/**
 * Blocks that the file's format has and this version does not act on. Each is told, since a setting that is ignored in
 * silence is a promise that is not kept.
 */
export function checkUnsupported(data: Filled, report: Report): void {
  const idle = (path: readonly string[], what: string): void =>
    report(path, `${path.join('.')} has no effect yet: ${what}`, { severity: 'warning' })
  if (data.cache?.semantic !== undefined) idle(['cache', 'semantic'], 'only the same request is answered from the cache')
}
