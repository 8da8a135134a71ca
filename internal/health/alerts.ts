import type { AttemptEnded, Observer, RelayEvent } from '#canonical/observe.ts'
import type { Clock } from '#lib/clock.ts'
import { type AlertBoard, type AlertName, type AlertNotice, createAlertBoard, type Firing, type Webhook } from './alert-board.ts'
import { blameOf, requestFailed } from './blame.ts'
import type { TripReason } from './breaker.ts'
import { createErrorRates, type ErrorRates, type Measured } from './error-rate.ts'
import type { Transition } from './store.ts'
import type { Counts } from './tally.ts'

/** A block of the routing file's `alerts`. */
export type AlertRule = {
  /** 0–1: above it the alert fires; it is over at half of it. */
  readonly error_rate: number
  /** Milliseconds. */
  readonly over: number
  readonly min_requests: number
  /** Where to tell; left out, or with an empty URL: only in the log and the metrics. */
  readonly webhook?: Webhook | undefined
}

/** Watches error rates, of each target and of what clients get, and tells what else people should know at once. */
export type Alerts = {
  readonly observe: Observer
  readonly onTransition: (transition: Transition) => void
  /** What other processes have counted, which rates are made of as well. */
  readonly hear: (counts: Counts) => void
  /** Takes over an alert that has been firing for so many milliseconds in a process that is gone; it is over when nothing shows it here. */
  readonly adopt: (notice: AlertNotice, forMs: number) => void
  /** Begins an alert that another room knows of; again is harmless. */
  readonly raise: (alert: AlertName, target: string, text: string) => void
  /** Its reason is gone. */
  readonly clear: (alert: AlertName, target: string) => void
  readonly firing: () => readonly Firing[]
  /** Takes new rules: rates are counted anew, and alerts on rates begin anew. */
  readonly reconfigure: (rules: readonly AlertRule[]) => void
  readonly stop: () => void
}

export type AlertsDeps = {
  readonly clock: Clock
  readonly notify: (notice: AlertNotice) => void
  /** Hears what counts in rates, for other processes to hear. Called for each attempt and request: it must be quick. */
  readonly onCount?: ((name: string, isError: boolean) => void) | undefined
}

type Watch = { readonly rule: AlertRule; readonly rates: ErrorRates; readonly index: number }

/** The name under which the answers of clients are counted, beside the targets. */
const everything = 'all'
const checkMs = 5000
const oneError = { requests: 1, errors: 1 }
const oneSuccess = { requests: 1, errors: 0 }

export function createAlerts(initial: readonly AlertRule[], { clock, notify, onCount }: AlertsDeps): Alerts {
  const board = createAlertBoard(notify)
  let watches = initial.map(watchOf)
  let webhooks = webhooksOf(initial)

  const raise = (alert: AlertName, target: string, text: string): void =>
    board.fire(`${alert} ${target}`, { alert, target, text, webhooks }, clock.now())
  const clear = (alert: AlertName, target: string): void => {
    if (!board.isQuiet()) board.clear(`${alert} ${target}`, clock.now())
  }
  const count = (name: string, counted: { readonly requests: number; readonly errors: number }, nowMs: number): void => {
    for (const watch of watches) {
      watch.rates.add(name, counted, nowMs)
      if (counted.errors > 0) judge(board, watch, name, nowMs)
    }
  }
  const check = (): void => {
    for (const watch of watches) for (const name of watch.rates.names()) judge(board, watch, name, clock.now())
    board.sweep(clock.now())
    cancel = clock.after(checkMs, check, 'background')
  }
  let cancel = clock.after(checkMs, check, 'background')

  return {
    observe(event) {
      const counted = countedAs(event)
      if (counted !== undefined && watches.length > 0) {
        count(counted.name, counted.isError ? oneError : oneSuccess, counted.atMs)
        onCount?.(counted.name, counted.isError)
      }
      if (event.kind === 'attempt_ended') noteKey(event, { raise, clear })
    },
    onTransition({ target, to, reason }) {
      if (to === 'open')
        raise('breaker_open', target, `${target} is out of the rotation: ${reason === undefined ? 'it fails' : tripText(reason)}`)
      if (to === 'closed') clear('breaker_open', target)
    },
    hear(counts) {
      for (const [name, requests, errors] of counts) count(name, { requests, errors }, clock.now())
    },
    adopt(notice, forMs) {
      board.adopt(notice.key, notice, { sinceMs: clock.now() - forMs, nowMs: clock.now() })
    },
    raise,
    clear,
    firing: board.firing,
    reconfigure(rules) {
      for (const { index, rates } of watches) for (const name of rates.names()) board.clear(rateKey(index, name), clock.now())
      watches = rules.map(watchOf)
      webhooks = webhooksOf(rules)
    },
    stop: () => cancel(),
  }
}

function watchOf(rule: AlertRule, index: number): Watch {
  return { rule, rates: createErrorRates(rule.over), index }
}

/** Each address once. */
function webhooksOf(rules: readonly AlertRule[]): readonly Webhook[] {
  const byUrl = new Map(rules.flatMap(({ webhook }) => (webhook === undefined ? [] : [[webhook.url, webhook] as const])))
  byUrl.delete('')
  return [...byUrl.values()]
}

function rateKey(index: number, name: string): string {
  return `error_rate ${index} ${name}`
}

function judge(board: AlertBoard, { rule, rates, index }: Watch, name: string, nowMs: number): void {
  const measured = rates.measure(name, nowMs)
  const key = rateKey(index, name)
  if (measured.errorRatio <= rule.error_rate / 2) {
    board.clear(key, nowMs)
    if (measured.requests === 0) rates.forget(name)
    return
  }
  if (measured.errorRatio <= rule.error_rate || measured.requests < rule.min_requests) return board.keep(key)
  const text = rateText(rule, name, measured)
  board.fire(key, { alert: 'error_rate', target: name, text, webhooks: webhooksOf([rule]), ...measured }, nowMs)
}

/** Attempts count for their target; answers count for everything, as far as providers or we are to blame. */
function countedAs(event: RelayEvent): { readonly name: string; readonly isError: boolean; readonly atMs: number } | undefined {
  if (event.kind === 'attempt_ended') {
    const blame = blameOf[event.outcome]
    return blame === 'nothing' ? undefined : { name: event.target.id, isError: blame !== 'ok', atMs: event.atMs }
  }
  if (event.kind !== 'request_ended') return undefined
  const isError = requestFailed(event)
  return isError === undefined ? undefined : { name: everything, isError, atMs: event.atMs }
}

function noteKey({ outcome, target, keyIndex }: AttemptEnded, { raise, clear }: Pick<Alerts, 'raise' | 'clear'>): void {
  const key = `${target.provider}#${keyIndex + 1}`
  if (outcome === 'ok') clear('key_refused', key)
  else if (outcome === 'auth') raise('key_refused', key, `${target.provider} refuses key number ${keyIndex + 1}`)
  else if (outcome === 'billing')
    raise('key_refused', key, `${target.provider} has no credit left for key number ${keyIndex + 1}`)
}

function rateText({ over }: AlertRule, name: string, { errorRatio, requests }: Measured): string {
  const what = name === everything ? 'of all requests failed' : `of the requests to ${name} failed`
  return `${(errorRatio * 100).toFixed(1)} % ${what} over ${Math.round(over / 1000)} s (${requests} requests)`
}

/** Why a breaker opened, for people. */
export function tripText(reason: TripReason): string {
  switch (reason.kind) {
    case 'consecutive_errors':
      return `${reason.count} errors in a row`
    case 'error_rate':
      return `${(reason.ratio * 100).toFixed(0)} % of ${reason.requests} requests failed`
    case 'told_by_others':
      return 'other instances see it fail'
    case 'trial_failed':
      return 'a trial failed'
    case 'return_aborted':
      return `errors came back at ${reason.share * 100} % of its traffic`
  }
}
