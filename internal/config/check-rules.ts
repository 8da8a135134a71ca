import { isZone } from '#lib/time-window.ts'
import { checkModelName, checkProviderName, checkStrategy } from './check-names.ts'
import type { Report } from './report.ts'
import type { Filled } from './schema/routing-file.ts'
import type { Rule, WhenConfig } from './schema/rules.ts'

/** Names in `rules` must exist, and each rule must be reached and do something. */
export function checkRules(data: Filled, report: Report, clients: ReadonlySet<string>): void {
  const catchAll = data.rules.findIndex(({ when }) => Object.keys(when).length === 0)
  for (const [index, rule] of data.rules.entries()) {
    const path = ['rules', String(index)]
    checkNames(rule, data, path, report)
    checkWhen(rule.when, [...path, 'when'], { data, report, clients })
    if (catchAll >= 0 && index > catchAll) {
      report(path, 'this rule is never reached', { hint: `rule ${catchAll + 1} fits every request`, severity: 'warning' })
    }
    if (Object.keys(rule).length === 1) report(path, 'this rule changes nothing', { severity: 'warning' })
  }
}

function checkNames(rule: Rule, data: Filled, path: readonly string[], report: Report): void {
  if (rule.use !== undefined) checkModelName(rule.use, data, [...path, 'use'], report)
  if (rule.strategy !== undefined) checkStrategy(rule.strategy, [...path, 'strategy'], report)
  for (const key of ['only', 'ignore'] as const) {
    for (const [at, name] of (rule[key] ?? []).entries()) checkProviderName(name, data, [...path, key, String(at)], report)
  }
}

export type WhenKnown = { readonly data: Filled; readonly report: Report; readonly clients: ReadonlySet<string> }

/** What a rule or a guardrail looks at: names must exist, and something must be able to fit. */
export function checkWhen(when: WhenConfig, path: readonly string[], known: WhenKnown): void {
  const { between, input_tokens: tokens } = when
  const { report } = known
  if (between !== undefined && !isZone(between.zone)) report([...path, 'between'], `${between.zone} is no time zone`)
  if (tokens?.min !== undefined && tokens.max !== undefined && tokens.min > tokens.max)
    report([...path, 'input_tokens'], 'no prompt is that long: `min` is above `max`', { severity: 'warning' })
  checkClient(when, path, known)
}

/** Those that come with a token are known by the name of their issuer only. */
function checkClient({ client }: WhenConfig, path: readonly string[], { data, report, clients }: WhenKnown): void {
  if (client === undefined || clients.has(client) || data.jwt.some(({ name }) => client.startsWith(`${name}:`))) return
  report([...path, 'client'], `${client} is no client`, { severity: 'warning' })
}
