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
  if (data.reload.guard !== undefined) idle(['reload', 'guard'], 'a reload is not taken back')
  for (const [name, provider] of Object.entries(data.providers)) {
    if (provider.limits !== undefined) idle(['providers', name, 'limits'], 'only limits that the provider tells are kept')
    if (provider.health !== undefined) idle(['providers', name, 'health'], 'probes are as in `health` at the top')
  }
}
