import type { Need } from '#canonical/needs.ts'
import type { Hints } from '#canonical/plan.ts'
import type { Rule, WhenConfig } from '#config/config.ts'
import { matchesPattern } from '#lib/pattern.ts'
import { isWithin } from '#lib/time-window.ts'

/** A rule that fits, with its place in the file. */
export type FittingRule = { readonly rule: Rule; readonly index: number }

/** What rules look at. The last two are worked out when a rule asks for them. */
export type RuleFacts = {
  readonly model: string
  readonly hints: Hints
  /** Milliseconds since the epoch. */
  readonly wallNowMs: number
  readonly inputTokens: () => number
  readonly needs: () => ReadonlySet<Need>
}

/** The first rule that fits the request; all that its `when` names must hold. */
export function fittingRule(rules: readonly Rule[], facts: RuleFacts): FittingRule | undefined {
  const index = rules.findIndex(({ when }) => fits(when, facts))
  const rule = rules[index]
  return rule === undefined ? undefined : { rule, index }
}

/** Whether all that is named holds. */
export function fits(when: WhenConfig, facts: RuleFacts): boolean {
  return fitsCaller(when, facts) && fitsRequest(when, facts)
}

function fitsCaller(when: WhenConfig, { model, hints }: RuleFacts): boolean {
  if (when.tier !== undefined && when.tier !== hints.tier) return false
  if (when.priority !== undefined && when.priority !== hints.priority) return false
  if (when.client !== undefined && when.client !== hints.client) return false
  if (when.model !== undefined && !matchesPattern(when.model, model)) return false
  return allEqual(when.tag, hints.tags) && allEqual(when.header, hints.headers, (name) => name.toLowerCase())
}

function fitsRequest({ between, input_tokens: tokens, needs }: WhenConfig, facts: RuleFacts): boolean {
  if (between !== undefined && !isWithin(between, facts.wallNowMs)) return false
  if (tokens?.min !== undefined && facts.inputTokens() < tokens.min) return false
  if (tokens?.max !== undefined && facts.inputTokens() > tokens.max) return false
  return needs === undefined || needs.every((need) => facts.needs().has(need))
}

function allEqual(
  wanted: Readonly<Record<string, string>> | undefined,
  given: Readonly<Record<string, string>>,
  nameOf: (name: string) => string = (name) => name,
): boolean {
  for (const name in wanted) if (given[nameOf(name)] !== wanted[name]) return false
  return true
}
