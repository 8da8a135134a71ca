import type { Report } from './report.ts'

type At = { readonly path: readonly string[]; readonly field: string; readonly what: string; readonly report: Report }

/** Reports entries of a list that have the name of an earlier one. */
export function reportRepeated(entries: readonly { readonly name: string }[], { path, field, what, report }: At): void {
  const seen = new Set<string>()
  for (const [index, { name }] of entries.entries()) {
    if (seen.has(name)) report([...path, String(index), field], `a second ${what} named ${name}`)
    seen.add(name)
  }
}
