import type { Plan, Step } from '#canonical/plan.ts'
import type { Clock } from '#lib/clock.ts'
import { inHundredths } from '#lib/hundredths.ts'
import type { Exchange } from './exchange.ts'
import type { CacheResult, RequestRecord } from './record.ts'

/** What the headers are made of. */
type Answered = {
  readonly exchange: Exchange
  readonly record: RequestRecord
  readonly plan: Plan
  readonly cache?: CacheResult | undefined
  readonly similarity?: number | undefined
  readonly limitHeaders?: Readonly<Record<string, string>> | undefined
  readonly deps: { readonly clock: Clock }
}

/** The headers by which an answer tells where it came from. */
export function answerHeaders(run: Answered): Record<string, string> {
  const { exchange, record, plan } = run
  const headers: Record<string, string> = {
    'x-outrigger-request-id': exchange.requestId,
    'x-request-id': exchange.requestId,
    'x-outrigger-attempts': String(record.attempts.length),
    'x-outrigger-route': headerText(plan.route),
    'x-outrigger-strategy': plan.strategy,
    'x-outrigger-overhead-ms': inHundredths(overheadMs(run)),
  }
  if (record.target !== undefined) headers['x-outrigger-target'] = headerText(record.target.id)
  if (plan.rule !== undefined) headers['x-outrigger-rule'] = String(plan.rule + 1)
  const isAnswering = ({ target }: Step): boolean => target.id === record.target?.id
  const maxOutput = (plan.steps.find(isAnswering) ?? plan.spares?.find(isAnswering))?.maxOutput
  if (maxOutput !== undefined) headers['x-outrigger-max-tokens'] = String(maxOutput)
  if (record.dropped.length > 0) headers['x-outrigger-dropped'] = headerText(record.dropped.join(', '))
  if (run.cache !== undefined) headers['x-outrigger-cache'] = run.cache === 'semantic' ? 'hit' : run.cache
  if (run.similarity !== undefined) headers['x-outrigger-cache-similarity'] = run.similarity.toFixed(4)
  if (run.limitHeaders !== undefined) Object.assign(headers, run.limitHeaders)
  if (record.costUsd !== undefined) headers['x-outrigger-cost-usd'] = formatUsd(record.costUsd)
  return headers
}

/** Time that passed inside the relay: neither waiting for a provider nor between attempts. */
export function overheadMs({ record, exchange, deps }: Omit<Answered, 'plan'>, nowMs?: number): number {
  const untilMs = record.attemptStartedMs ?? nowMs ?? deps.clock.now()
  return Math.max(0, untilMs - exchange.startedMs - record.waitedMs)
}

const decimals = 8
const unit = 10 ** decimals

/** Plain decimal digits, since `1e-7` is not what a shell script expects. */
export function formatUsd(usd: number): string {
  const units = Math.round(usd * unit)
  if (!Number.isSafeInteger(units) || units < 0) return usd.toFixed(decimals).replace(/\.?0+$/, '')
  const fraction = units % unit
  const whole = (units - fraction) / unit
  if (fraction === 0) return String(whole)
  let digits = decimals
  let rest = fraction
  for (; rest % 10 === 0; digits--) rest /= 10
  return `${whole}.${String(rest).padStart(digits, '0')}`
}

/** Model names come from clients: whatever a header may not hold is replaced. */
export function headerText(text: string): string {
  return isPrintable.test(text) ? text : text.replace(/[^\x20-\x7e]/g, '?')
}

const isPrintable = /^[\x20-\x7e]*$/
