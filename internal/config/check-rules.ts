import { checkStrategy } from './build-models.ts'
import type { Filled } from './filled.ts'
import { didYouMean } from './problem.ts'
import type { Report } from './report.ts'

/** Names in `rules` must exist. */
export function checkRules(data: Filled, report: Report): void {
  for (const [index, rule] of data.rules.entries()) {
    const path = ['rules', String(index)]
    if (rule.use !== undefined) checkName(rule.use, Object.keys(data.models), { path: [...path, 'use'], what: 'model', report })
    if (rule.strategy !== undefined) checkStrategy(rule.strategy, [...path, 'strategy'], report)
    for (const key of ['only', 'ignore'] as const) {
      for (const [at, name] of (rule[key] ?? []).entries()) {
        checkName(name, Object.keys(data.providers), { path: [...path, key, String(at)], what: 'provider', report })
      }
    }
  }
}

function checkName(
  name: string,
  known: readonly string[],
  at: { readonly path: readonly string[]; readonly what: string; readonly report: Report },
): void {
  if (!known.includes(name))
    at.report(at.path, `${name} is no ${at.what}`, didYouMean(name, known) ?? `${at.what}s: ${known.join(', ')}`)
}
