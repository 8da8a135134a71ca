import type { Usage } from '#canonical/answer.ts'
import { needsOf } from '#canonical/needs.ts'
import type { AttemptRecord, Observer, RequestEnded } from '#canonical/observe.ts'
import type { PlanInput, Target } from '#canonical/plan.ts'
import { inOnePiece } from '#lib/grown.ts'
import { hundredthsField, jsonField, numberField, quoted, textField } from '#lib/json-field.ts'
import { isoNow, type Logger } from './log.ts'

/** One line a request, at `info`; failovers as they happen. Never content, never keys. */
export function logAccess(log: Logger): Observer {
  return (event) => {
    if (event.kind === 'failover') {
      log.info(
        {
          request_id: event.requestId,
          route: event.route,
          from: event.from.id,
          to: event.to.id,
          reason: event.reason,
          wait_ms: Math.round(event.waitMs),
        },
        'failover',
      )
    } else if (event.kind === 'request_ended') logRequest(log, event)
  }
}

/** A line for each copy of a request that went to a mirror, under the id of the request. */
export function logMirrored(log: Logger): (event: RequestEnded, target: Target) => void {
  return (event, target) => logRequest(log, { ...event, target }, 'mirrored request finished')
}

/** A line for each vector that the semantic cache asked for, under the id of the request that it was for. */
export function logEmbedded(log: Logger): (event: RequestEnded) => void {
  return (event) => logRequest(log, event, 'cache embedding finished')
}

function logRequest(log: Logger, event: RequestEnded, message = 'request finished'): void {
  if (log.isLevelEnabled('info')) log.writeLine(`${lineOf(event, message)}\n`)
}

const field = {
  model: textField('model'),
  route: textField('route'),
  dialect: textField('dialect'),
  target: textField('target'),
  outcome: textField('outcome'),
  stream: jsonField('stream'),
  status: numberField('status'),
  code: textField('code'),
  cache: textField('cache'),
  cacheSimilarity: numberField('cache_similarity'),
  rule: numberField('rule'),
  strategy: textField('strategy'),
  finishReason: textField('finish_reason'),
  inputTokens: numberField('input_tokens'),
  outputTokens: numberField('output_tokens'),
  cacheReadTokens: numberField('cache_read_tokens'),
  cacheWriteTokens: numberField('cache_write_tokens'),
  reasoningTokens: numberField('reasoning_tokens'),
  costUsd: numberField('cost_usd'),
  savedUsd: numberField('saved_usd'),
  promptCacheSavedUsd: numberField('prompt_cache_saved_usd'),
  wastedUsd: numberField('wasted_usd'),
  durationMs: hundredthsField('duration_ms'),
  firstTokenMs: hundredthsField('first_token_ms'),
  overheadMs: hundredthsField('overhead_ms'),
  bytesIn: numberField('bytes_in'),
  bytesOut: numberField('bytes_out'),
  dropped: jsonField('dropped'),
  redacted: numberField('redacted'),
  client: textField('client'),
  tier: textField('tier'),
  priority: textField('priority'),
  tags: jsonField('tags'),
  maxCostUsd: numberField('max_cost_usd'),
  needs: jsonField('needs'),
  message: textField('message'),
} as const

/** Put together by hand: a line with this many fields is a good part of what a request costs. */
function lineOf(event: RequestEnded, message: string): string {
  const { asked, usage, similarity, dropped } = event
  return (
    // What an id may have in it needs no quoting (server/headers.ts).
    `${beginning()}${event.requestId}"` +
    field.model(asked?.request.model) +
    courseOf(event) +
    (event.code === undefined ? '' : field.code(event.code)) +
    (event.cache === undefined ? '' : field.cache(event.cache)) +
    (similarity === undefined ? '' : field.cacheSimilarity(Math.round(similarity * 1e4) / 1e4)) +
    attemptsOf(event.attempts) +
    field.finishReason(event.finishReason) +
    (usage === undefined ? '' : usageOf(usage)) +
    field.costUsd(event.costUsd) +
    field.savedUsd(event.savedUsd) +
    field.promptCacheSavedUsd(event.promptCacheSavedUsd) +
    field.wastedUsd(wastedUsd(event.attempts)) +
    field.durationMs(event.durationMs) +
    field.firstTokenMs(event.firstTokenMs) +
    field.overheadMs(event.overheadMs) +
    field.bytesIn(event.bytesIn) +
    field.bytesOut(event.bytesOut) +
    (dropped.length === 0 ? '' : field.dropped(dropped)) +
    (event.redacted === undefined ? '' : field.redacted(event.redacted)) +
    (event.client === undefined ? '' : field.client(event.client)) +
    (event.tier === undefined ? '' : field.tier(event.tier)) +
    (asked === undefined ? '' : askedOf(asked)) +
    // Hexadecimal digits, and others each time: nothing to be quoted, or to be kept.
    (event.traceId === undefined ? '' : `,"trace_id":"${event.traceId}"`) +
    `${field.message(message)}}`
  )
}

let begunAt = ''
let begun = ''

/** Up to the request's id: the same in all lines of a millisecond. */
function beginning(): string {
  const time = isoNow()
  if (time !== begunAt) {
    begunAt = time
    begun = inOnePiece(`{"level":"info","time":"${time}","request_id":"`)
  }
  return begun
}

type Course = Pick<RequestEnded, 'route' | 'dialect' | 'outcome' | 'status' | 'rule' | 'strategy'> & {
  readonly target: string | undefined
  readonly stream: string | boolean
  readonly text: string
}

let lastCourse: Course | undefined

/** Where it went, why and how it ended: mostly the same in line after line. */
function courseOf(event: RequestEnded): string {
  const { route, dialect, outcome, status, rule, strategy } = event
  const target = event.target?.id
  const stream = event.stream && (event.streamOutcome ?? true)
  const last = lastCourse
  if (last?.route === route && last.dialect === dialect && last.target === target && last.rule === rule)
    if (last.outcome === outcome && last.status === status && last.stream === stream && last.strategy === strategy)
      return last.text
  const text =
    field.route(route) +
    field.dialect(dialect) +
    field.target(target) +
    field.outcome(outcome) +
    (stream === false ? '' : field.stream(stream)) +
    field.status(status) +
    field.rule(rule === undefined ? undefined : rule + 1) +
    field.strategy(strategy)
  lastCourse = { route, dialect, target, outcome, stream, status, rule, strategy, text: inOnePiece(text) }
  return text
}

function usageOf({ input, output, cacheRead, cacheWrite, reasoning }: Usage): string {
  const isPlain = cacheRead === 0 && cacheWrite === 0 && reasoning === 0
  return (
    field.inputTokens(input) +
    field.outputTokens(output) +
    (isPlain ? plainTokens : specialTokens(cacheRead, cacheWrite, reasoning))
  )
}

function specialTokens(cacheRead: number, cacheWrite: number, reasoning: number): string {
  return field.cacheReadTokens(cacheRead) + field.cacheWriteTokens(cacheWrite) + field.reasoningTokens(reasoning)
}

const plainTokens = inOnePiece(specialTokens(0, 0, 0))

/** What rules and strategies look at, for `outrigger replay`; what is usual is left out. */
function askedOf({ request, hints }: PlanInput): string {
  const needs = needsOf(request)
  return (
    (hints.priority === 'normal' ? '' : field.priority(hints.priority)) +
    (isEmpty(hints.tags) ? '' : field.tags(hints.tags)) +
    field.maxCostUsd(hints.maxCostUsd) +
    (needs.size === 0 ? '' : field.needs([...needs]))
  )
}

function isEmpty(record: Readonly<Record<string, string>>): boolean {
  for (const _name in record) return false
  return true
}

const attempt = { outcome: textField('outcome'), status: numberField('status'), ms: hundredthsField('ms') } as const

type Tried = Pick<AttemptRecord, 'target' | 'outcome' | 'status'> & { readonly text: string }

let lastTried: Tried | undefined

function attemptsOf(attempts: readonly AttemptRecord[]): string {
  const [only] = attempts
  const list = attempts.length === 1 && only !== undefined ? attemptOf(only) : attempts.map(attemptOf).join()
  return `,"attempts":[${list}]`
}

/** Without the provider's words: they may quote the prompt. */
function attemptOf({ target, outcome, status, durationMs }: AttemptRecord): string {
  if (lastTried?.target !== target || lastTried.outcome !== outcome || lastTried.status !== status) {
    const text = `{"target":${quoted(target)}${attempt.outcome(outcome)}${attempt.status(status)}`
    lastTried = { target, outcome, status, text: inOnePiece(text) }
  }
  return `${lastTried.text}${attempt.ms(durationMs)}}`
}

function wastedUsd(attempts: readonly AttemptRecord[]): number | undefined {
  let wasted = 0
  for (const each of attempts) wasted += each.wasted?.usd ?? 0
  return wasted === 0 ? undefined : wasted
}
