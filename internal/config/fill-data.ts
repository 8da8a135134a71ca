import { parse } from 'yaml'
import { isObject } from '#lib/json.ts'
import type { Locate } from './place.ts'
import type { Report } from './report.ts'
import { RoutingFile } from './schema/routing-file.ts'
import { isSecretAt } from './secret-paths.ts'
import { filesIn, fillIn, type SecretSources, strangersIn } from './secrets.ts'

export type FillContext = {
  readonly sources: SecretSources
  readonly locate: Locate
  readonly report: Report
  /** An unset variable is an error, not a warning. */
  readonly strict: boolean
}

export type FilledData = {
  readonly data: unknown
  /** All that `${file:…}` names, in secrets too. */
  readonly files: readonly string[]
  /** The values that were filled in, to tell whether they have changed since. */
  readonly values: readonly string[]
}

/** Fills in every `${…}` of the file's data except in secrets, which do it for themselves each time they change. */
export function fillData(data: unknown, context: FillContext): FilledData {
  const files = new Set<string>()
  const values: string[] = []
  const fill = (text: string, path: readonly string[]): unknown => {
    reportStrangers(text, path, context)
    for (const file of filesIn(text)) files.add(file)
    if (isSecretAt(RoutingFile, path)) return text
    const value = fillAt(text, path, context)
    values.push(value)
    return context.locate.isPlain(path) ? asYaml(value) : value
  }
  return { data: mapTexts(data, [], fill), files: [...files], values }
}

/** The same data with each text that holds `${` changed. */
function mapTexts(value: unknown, path: readonly string[], change: (text: string, path: readonly string[]) => unknown): unknown {
  if (typeof value === 'string') return value.includes('${') ? change(value, path) : value
  const changed = (entry: unknown, key: string): unknown => (isFixed(entry) ? entry : mapTexts(entry, [...path, key], change))
  if (Array.isArray(value)) return value.map((entry, index) => changed(entry, String(index)))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, changed(entry, key)]))
}

/** Most texts have nothing to fill in: they need no path. */
function isFixed(value: unknown): boolean {
  return typeof value === 'string' ? !value.includes('${') : typeof value !== 'object'
}

function fillAt(text: string, path: readonly string[], { sources, report, strict }: FillContext): string {
  const { value, missing } = fillIn(text, sources)
  for (const { message } of missing) report(path, message, { severity: strict ? 'error' : 'warning' })
  return value
}

function reportStrangers(text: string, path: readonly string[], { report }: FillContext): void {
  for (const stranger of strangersIn(text)) {
    const hint = 'known: ${NAME}, ${NAME:-default}, ${file:/path}; $${ is a literal ${'
    report(path, `${stranger} is not filled in`, { hint, severity: 'warning' })
  }
}

/** Without quotes, `${ATTEMPTS:-4}` is read as what stands in its place would be: a number, a boolean, else text. */
function asYaml(text: string): unknown {
  if (!/^(true|false|[-+]?[\d.][\d.eE+-]*)$/.test(text)) return text
  const value: unknown = parse(text)
  return typeof value === 'number' || typeof value === 'boolean' ? value : text
}
