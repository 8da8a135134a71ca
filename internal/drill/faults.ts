import { err, ok, type Result } from '#lib/result.ts'
import { type FaultPlan, readFaultPlan } from '#mock/fault-plan.ts'

/** What a fault does to the answer of the target that has it. */
export type FaultEffect =
  /** Nothing that a client should notice. */
  | 'harmless'
  /** The target's answer is lost, so that another one has to give it. */
  | 'loss'
  /** The request itself is refused: passing that on is as right as another target that takes it. */
  | 'refusal'

/** One thing that goes wrong in a drill. */
export type DrillFault = {
  /** The word of `--fault`: the mock's kind of fault, or `outage` and `silence` at all targets. */
  readonly name: string
  readonly meaning: string
  readonly effect: FaultEffect
  /** At every target; else at the first one only. */
  readonly everywhere: boolean
  /** The parameters of the mock's rule; waits are as long as they seem to the client. */
  readonly rule: Readonly<Record<string, string | number | boolean>>
  /** Parameters that the mock itself waits for. */
  readonly waits: readonly string[]
}

function fault(
  effect: FaultEffect,
  meaning: string,
  rule: DrillFault['rule'] & { readonly kind: string },
  more: Partial<DrillFault> = {},
): DrillFault {
  return { name: rule.kind, meaning, effect, everywhere: false, rule, waits: [], ...more }
}

/** Every kind of fault of the mock providers, and two that strike all of them at once. */
export const drillFaults: readonly DrillFault[] = [
  fault('loss', '429, wait 20 s', { kind: 'rate_limit', retry_after: '20s' }),
  fault('loss', '503 with an error body', { kind: 'error', status: 503 }),
  fault('loss', 'the key is refused', { kind: 'auth' }),
  fault('loss', 'the account has no money left', { kind: 'billing' }),
  fault('refusal', 'the prompt is too long for the model', { kind: 'context_length' }),
  fault('refusal', 'the content filter refuses the prompt', { kind: 'content_filter' }),
  fault('loss', 'no connection', { kind: 'refused', for: '1h' }),
  fault('loss', 'the connection is reset before any answer', { kind: 'reset' }),
  fault('loss', 'the first token takes ten minutes', { kind: 'slow_first_token', delay: '600s' }, { waits: ['delay'] }),
  fault('harmless', 'a word every 200 ms', { kind: 'slow_chunks', delay: '200ms' }, { waits: ['delay'] }),
  fault('loss', 'no answer at all', { kind: 'silent_before' }),
  fault('loss', 'silence after ten words', { kind: 'silent', after: 10 }),
  fault('loss', 'the connection ends after ten words', { kind: 'cut', after: 10 }),
  fault('loss', 'the connection is reset after ten words', { kind: 'reset_mid_stream', after: 10 }),
  fault('loss', 'the connection ends within a frame', { kind: 'disconnect_after', bytes: 700 }),
  fault('harmless', 'one frame cannot be read', { kind: 'malformed_event', after: 10 }),
  fault('loss', 'an error event after ten words', { kind: 'error_event', after: 10 }),
  fault('loss', 'an empty answer', { kind: 'empty_content' }),
  fault('loss', 'an answer without choices', { kind: 'empty_choices' }),
  fault('harmless', 'fields that nobody knows', { kind: 'unexpected_fields' }),
  fault('loss', 'a page of HTML with status 200', { kind: 'html_200' }),
  fault('loss', 'JSON that stops in the middle', { kind: 'truncated_json' }),
  fault('harmless', 'a wrong content type', { kind: 'wrong_content_type' }),
  fault('harmless', 'a stream without its last word [DONE]', { kind: 'no_done' }),
  fault('harmless', 'a whole answer where a stream was asked for', { kind: 'not_streamed' }),
  fault('loss', 'every target answers 503', { kind: 'error', status: 503 }, { name: 'outage', everywhere: true }),
  fault('loss', 'every target is silent', { kind: 'silent_before' }, { name: 'silence', everywhere: true }),
]

/** Where a fault strikes: a target, or everywhere. */
export type FaultPlace = { readonly provider: string; readonly model: string }

/** The mock's plan for a drill whose clock runs `speed` times faster than life. */
export function planFor({ rule, waits, everywhere }: DrillFault, place: FaultPlace, speed: number): Result<FaultPlan, string> {
  const fields = Object.entries(rule).map(([name, value]) => [name, waits.includes(name) ? shorter(value, speed) : value])
  const when = everywhere ? {} : { when: { ...place } }
  const plan = readFaultPlan({ faults: [{ ...Object.fromEntries(fields), ...when }] })
  return plan.ok ? ok(plan.value) : err(plan.error.join('; '))
}

function shorter(value: string | number | boolean, speed: number): string {
  const [, amount, unit] = /^(\d+)(ms|s)$/.exec(String(value)) ?? []
  return `${(Number(amount) * (unit === 's' ? 1000 : 1)) / speed}ms`
}
