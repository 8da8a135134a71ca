import { RE2JS } from 're2js'
import { compact } from '#lib/json.ts'
import type { BuildContext } from './build-context.ts'
import { optionalSecret } from './build-secret.ts'
import { checkWhen } from './check-rules.ts'
import type { GuardrailConfig } from './config.ts'
import { reportRepeated } from './repeated.ts'
import type { Report } from './report.ts'
import { builtInPatterns, type GuardrailEntry, type RedactConfig } from './schema/guardrails.ts'
import type { Filled } from './schema/routing-file.ts'

/** The block `guardrails`: names for all, patterns that can be searched for, hooks that can be asked. */
export function buildGuardrails(data: Filled, context: BuildContext, clients: ReadonlySet<string>): readonly GuardrailConfig[] {
  const guardrails = data.guardrails.map((entry, index): GuardrailConfig => {
    const path = ['guardrails', String(index)]
    checkEntry(entry, path, context.report)
    if (entry.when !== undefined) checkWhen(entry.when, [...path, 'when'], { data, report: context.report, clients })
    const { hook: _hook, ...rest } = entry
    return compact({ ...rest, name: entry.name ?? `guardrail-${index + 1}`, hook: buildHook(entry, path, context) })
  })
  reportRepeated(guardrails, { path: ['guardrails'], field: 'name', what: 'guardrail', report: context.report })
  return guardrails
}

function buildHook({ hook }: GuardrailEntry, path: readonly string[], context: BuildContext): GuardrailConfig['hook'] {
  if (hook === undefined) return undefined
  if (!URL.canParse(hook.url)) context.report([...path, 'hook', 'url'], `${hook.url} is no URL`)
  return compact({ ...hook, token: optionalSecret(hook.token, [...path, 'hook', 'token'], context) })
}

function checkEntry({ name: _name, when: _when, ...acts }: GuardrailEntry, path: readonly string[], report: Report): void {
  if (Object.keys(acts).length === 0) report(path, 'this guardrail does nothing', { severity: 'warning' })
  if (acts.redact !== undefined) checkPatterns(acts.redact, [...path, 'redact', 'patterns'], report)
}

function checkPatterns({ patterns }: RedactConfig, path: readonly string[], report: Report): void {
  const seen = new Set<string>()
  for (const [index, pattern] of patterns.entries()) {
    const at = [...path, String(index)]
    const name = typeof pattern === 'string' ? pattern : pattern.name
    if (seen.has(name)) report(at, `${name} stands here twice`, { severity: 'warning' })
    seen.add(name)
    if (typeof pattern === 'string') continue
    if (builtInPatterns.some((known) => known === name)) report(at, `${name} is the name of a built-in pattern`)
    checkExpression(pattern.pattern, [...at, 'pattern'], report)
  }
}

function checkExpression(expression: string, path: readonly string[], report: Report): void {
  try {
    if (RE2JS.compile(expression).matcher('').find())
      report(path, `${expression} fits an empty text: it would be found everywhere`)
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error)
    const hint = 'the syntax is that of RE2: no look-around, no back references'
    report(path, `no regular expression: ${reason}`, { hint })
  }
}
