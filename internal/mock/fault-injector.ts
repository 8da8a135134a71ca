import type { DialectName } from '#canonical/request.ts'
import { type FaultKind, type FaultRule, streamOnly } from './fault-kinds.ts'
import type { FaultPlan } from './fault-plan.ts'

/** What a call is for. */
export type MockOperation = 'generate' | 'count_tokens' | 'embeddings' | 'models' | 'health' | 'other'

/** What a rule can look at. */
export type CallFacts = {
  readonly provider: string
  readonly operation: MockOperation
  readonly stream: boolean
  readonly dialect?: DialectName
  readonly model?: string
  readonly key?: string
}

/** Decides which fault a call gets. */
export type FaultInjector = {
  /** The fault of the next call, if it gets one. */
  readonly choose: (facts: CallFacts) => FaultRule | undefined
  /** How often each rule has fired, in the plan's order. */
  readonly fired: () => readonly number[]
}

/**
 * An injector at the beginning of its sequence. Each rule draws from a generator of its own, made of the seed and its
 * place, once for each call that fits it: so adding a rule below changes nothing above, and the calls that fit a rule get
 * the same faults whatever other calls come between.
 */
export function createInjector(plan: FaultPlan): FaultInjector {
  const states = plan.faults.map((rule, index) => createRuleState(rule, plan.seed, index))
  return {
    choose(facts) {
      let chosen: RuleState | undefined
      for (const state of states) {
        // Every rule counts and draws, also behind the one that fires.
        if (state.draw(facts) && chosen === undefined) chosen = state
      }
      chosen?.fire()
      return chosen?.rule
    },
    fired: () => states.map((state) => state.fired()),
  }
}

type RuleState = {
  readonly rule: FaultRule
  readonly draw: (facts: CallFacts) => boolean
  readonly fire: () => void
  readonly fired: () => number
}

function createRuleState(rule: FaultRule, seed: number, index: number): RuleState {
  const random = createRandom(seed * 1000 + index)
  const fits = createMatcher(rule)
  const { first, last } = rangeOf(rule.when?.request)
  const most = rule.times ?? Number.POSITIVE_INFINITY
  let seen = 0
  let count = 0
  return {
    rule,
    draw(facts) {
      if (!fits(facts)) return false
      seen++
      if (seen < first || seen > last) return false
      return random() < rule.rate && count < most
    },
    fire: () => {
      count++
    },
    fired: () => count,
  }
}

function rangeOf(request: string | number | undefined): { readonly first: number; readonly last: number } {
  if (request === undefined) return { first: 1, last: Number.POSITIVE_INFINITY }
  const [from = '', to] = String(request).split('..')
  const first = from === '' ? 1 : Number(from)
  if (to === undefined) return { first, last: first }
  return { first, last: to === '' ? Number.POSITIVE_INFINITY : Number(to) }
}

// They change what the model says, so they need an answer of a model.
const answerOnly: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'empty_content',
  'empty_choices',
  'content_filter',
  'context_length',
])

function createMatcher(rule: FaultRule): (facts: CallFacts) => boolean {
  const when = rule.when ?? { operation: 'generate' }
  const operation = when.operation ?? 'generate'
  const model = when.model === undefined ? undefined : globPattern(when.model)
  return (facts) =>
    (operation === 'any' || operation === facts.operation) &&
    (when.provider === undefined || when.provider === facts.provider) &&
    (when.dialect === undefined || when.dialect === facts.dialect) &&
    (when.stream === undefined || when.stream === facts.stream) &&
    (when.key === undefined || when.key === facts.key) &&
    (model === undefined || model.test(facts.model ?? '')) &&
    canHave(rule.kind, facts)
}

function canHave(kind: FaultKind, facts: CallFacts): boolean {
  if (streamOnly.has(kind) && !facts.stream) return false
  if (answerOnly.has(kind) && facts.operation !== 'generate') return false
  return kind !== 'no_done' || facts.dialect === 'openai-chat'
}

function globPattern(glob: string): RegExp {
  const literal = glob.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
  return new RegExp(`^${literal.join('.*')}$`, 's')
}

/** Numbers of [0, 1), the same for the same seed: mulberry32 (Tommy Ettinger, public domain). */
function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
