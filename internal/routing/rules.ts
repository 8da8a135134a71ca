import type { Hints } from '#canonical/plan.ts'
import type { Rule } from '#config/config.ts'

/** A rule that fits, with its place in the file. */
export type FittingRule = { readonly rule: Rule; readonly index: number }

/** The first rule that fits the request; all that its `when` names must hold. */
export function fittingRule(rules: readonly Rule[], model: string, hints: Hints): FittingRule | undefined {
  const index = rules.findIndex(({ when }) => fits(when, model, hints))
  const rule = rules[index]
  return rule === undefined ? undefined : { rule, index }
}

function fits(when: Rule['when'], model: string, hints: Hints): boolean {
  if (when.tier !== undefined && when.tier !== hints.tier) return false
  if (when.priority !== undefined && when.priority !== hints.priority) return false
  if (when.client !== undefined && when.client !== hints.client) return false
  if (when.model !== undefined && !matchesPattern(when.model, model)) return false
  return allEqual(when.tag, hints.tags) && allEqual(lowerKeys(when.header), hints.headers)
}

function allEqual(wanted: Readonly<Record<string, string>> | undefined, given: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted ?? {}).every(([name, value]) => given[name] === value)
}

function lowerKeys(record: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> | undefined {
  return record === undefined
    ? undefined
    : Object.fromEntries(Object.entries(record).map(([name, value]) => [name.toLowerCase(), value]))
}

/** `*` stands for any characters. */
export function matchesPattern(pattern: string, text: string): boolean {
  if (!pattern.includes('*')) return pattern === text
  const parts = pattern.split('*')
  const first = parts[0] ?? ''
  const last = parts.at(-1) ?? ''
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return at <= text.length - last.length
}
