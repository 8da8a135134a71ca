import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Set when the executable is built: the files of this folder as texts, as JSON. */
declare const __PAGE_FILES__: string | undefined

/** The files of the status page, as browsers ask for them. */
export const pageFileNames: readonly string[] = [
  'index.html',
  'base.css',
  'page.css',
  'parts.css',
  'theme.js',
  'page.js',
  'dom.js',
  'format.js',
  'providers.js',
  'sections.js',
  'states.js',
  'targets.js',
  'sparkline.js',
  'playground.js',
]

let bundled: Readonly<Record<string, string>> | undefined

/** A file's text: from the bundle, else from this folder. */
export function readPageFile(name: string): string {
  if (typeof __PAGE_FILES__ === 'string') {
    bundled ??= JSON.parse(__PAGE_FILES__)
    return bundled?.[name] ?? ''
  }
  return readFileSync(join(import.meta.dirname, name), 'utf8')
}
