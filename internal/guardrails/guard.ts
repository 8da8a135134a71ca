import type { AnswerGuard } from '#canonical/answer-guard.ts'
import type { Failure } from '#canonical/failure.ts'
import type { Hints } from '#canonical/plan.ts'
import type { Json, Request } from '#canonical/request.ts'
import type { Config, GuardrailConfig } from '#config/config.ts'
import { matchesPattern } from '#lib/pattern.ts'
import { err, ok, type Result } from '#lib/result.ts'
import { fits, type RuleFacts } from '#routing/rules.ts'
import { answerGuardOf } from './answer-guard.ts'
import { type AskHook, askHook } from './hook.ts'
import { redactJson } from './redact-json.ts'
import { redactorOf } from './redactors.ts'

/** A request as it came, before anybody looks at where it could go. */
export type GuardedRequest = {
  readonly requestId: string
  /** How the body is to be read: a dialect, or an operation. */
  readonly dialect: string
  readonly request: Request
  readonly hints: Hints
  /** Undefined when it is no JSON: then only its size and its model are looked at. */
  readonly body: Json | undefined
  readonly bytes: number
  /** The models that it asks for, those to fall back to as well. */
  readonly models: readonly string[]
}

/** Why a request does not go on. */
export type Denial = {
  readonly code: 'guardrail_denied' | 'guardrail_unavailable' | 'model_not_allowed' | 'request_too_large'
  readonly kind: 'content_filter' | 'overloaded' | 'permission' | 'too_large'
  readonly message: string
}

/** A request that may go on. */
export type Passed = {
  /** The same object when nothing was changed. */
  readonly body: Json | undefined
  /** What was found and replaced, how many times. */
  readonly redacted: number
  /** What its answer goes through; undefined where nobody looks at it. */
  readonly answer: AnswerGuard | undefined
}

/** What guardrails did, for the metrics. Names come from the routing file. */
export type GuardrailAction = 'redacted' | 'denied' | 'rewritten' | 'hook_failed'
export type GuardTold = {
  readonly acted: (guardrail: string, action: GuardrailAction) => void
  readonly found: (guardrail: string, pattern: string, where: 'request' | 'response') => void
  readonly asked: (guardrail: string, durationMs: number) => void
  /** A hook gave no answer that can be used. */
  readonly failed: (guardrail: string, reason: string) => void
}

export type GuardDeps = {
  readonly config: () => Config
  readonly ask: AskHook
  readonly told: GuardTold
  readonly estimateInput: (request: Request) => number
  readonly needsOf: RuleFacts['needs'] extends () => infer Needs ? (request: Request) => Needs : never
  /** By the monotonic clock. */
  readonly nowMs: () => number
  /** Milliseconds since the epoch. */
  readonly wallNowMs: () => number
}

export type Guard = (asked: GuardedRequest) => Promise<Result<Passed, Denial>>

/** The guardrails that apply to a request, one after the other in the order of the file. */
export function createGuard(deps: GuardDeps): Guard {
  return async (asked) => {
    const { config, told } = deps
    const applying = config().guardrails.filter(({ when }) => when === undefined || fits(when, factsOf(asked, deps)))
    let body = asked.body
    let redacted = 0
    for (const guardrail of applying) {
      const step = await pass(guardrail, { ...asked, body }, deps)
      if (!step.ok) {
        told.acted(guardrail.name, step.error.code === 'guardrail_unavailable' ? 'hook_failed' : 'denied')
        return step
      }
      body = step.value.body
      redacted += step.value.redacted
    }
    const found = (guardrail: string, pattern: string): void => told.found(guardrail, pattern, 'response')
    return ok({ body, redacted, answer: answerGuardOf(applying, found) })
  }
}

function factsOf({ request, hints }: GuardedRequest, { estimateInput, needsOf, wallNowMs }: GuardDeps): RuleFacts {
  return {
    model: request.model,
    hints,
    wallNowMs: wallNowMs(),
    inputTokens: () => estimateInput(request),
    needs: () => needsOf(request),
  }
}

type Step = { readonly body: Json | undefined; readonly redacted: number }

async function pass(guardrail: GuardrailConfig, asked: GuardedRequest, deps: GuardDeps): Promise<Result<Step, Denial>> {
  const refused = sizeProblem(guardrail, asked) ?? modelProblem(guardrail, asked)
  if (refused !== undefined) return err(refused)
  const first = redactBody(guardrail, asked.body, deps)
  if (!first.ok || guardrail.hook === undefined || first.value.body === undefined) return first
  const answered = await consult(guardrail, { ...asked, body: first.value.body }, deps)
  if (!answered.ok) return answered
  if (answered.value === first.value.body) return first
  // What a hook writes leaves the house like everything else.
  const second = redactBody(guardrail, answered.value, deps)
  return second.ok ? ok({ body: second.value.body, redacted: first.value.redacted + second.value.redacted }) : second
}

function sizeProblem({ name, max_request }: GuardrailConfig, { bytes }: GuardedRequest): Denial | undefined {
  if (max_request === undefined || bytes <= max_request) return undefined
  const message = `the request has ${bytes} bytes; guardrail ${name} allows ${max_request}`
  return { code: 'request_too_large', kind: 'too_large', message }
}

function modelProblem({ name, models: allowed }: GuardrailConfig, { models }: GuardedRequest): Denial | undefined {
  const other = models.find((model) => allowed?.some((pattern) => matchesPattern(pattern, model)) === false)
  if (other === undefined) return undefined
  const message = `guardrail ${name} does not allow ${JSON.stringify(other)}`
  return { code: 'model_not_allowed', kind: 'permission', message }
}

/** What of it must not leave is replaced, or keeps the whole request here. */
function redactBody({ name, redact }: GuardrailConfig, body: Json | undefined, { told }: GuardDeps): Result<Step, Denial> {
  if (body === undefined || redact === undefined || !redact.in.includes('request')) return ok({ body, redacted: 0 })
  const redactor = redactorOf(redact)
  const patterns = new Set<string>()
  let redacted = 0
  const found = (pattern: string): void => {
    redacted++
    patterns.add(pattern)
    told.found(name, pattern, 'request')
  }
  const written = redactJson(body, (text) => redactor.redact(text, found))
  if (written === undefined) return err(denied(`guardrail ${name} cannot look into it: it is nested too deeply`))
  if (redacted === 0) return ok({ body, redacted })
  if (redact.on_match === 'deny') return err(denied(`guardrail ${name} found what must not be sent: ${[...patterns].join(', ')}`))
  told.acted(name, 'redacted')
  return ok({ body: written.value, redacted })
}

/** What the hook says: the body, its own or another, or a denial. */
async function consult(
  { name, hook }: GuardrailConfig,
  asked: GuardedRequest & { readonly body: Json },
  { ask, told, nowMs }: GuardDeps,
): Promise<Result<Json, Denial>> {
  const { requestId, dialect, request, hints, body } = asked
  if (hook === undefined) return ok(body)
  const startedMs = nowMs()
  const answer = await askHook(
    hook,
    {
      request_id: requestId,
      guardrail: name,
      dialect,
      model: request.model,
      ...(hints.client === undefined ? {} : { client: hints.client }),
      ...(hints.tier === undefined ? {} : { tier: hints.tier }),
      tags: hints.tags,
      body,
    },
    ask,
  )
  told.asked(name, nowMs() - startedMs)
  if (!answer.ok) {
    told.failed(name, answer.error)
    if (hook.on_failure === 'closed') {
      const message = `guardrail ${name} cannot be asked: its hook gives no answer`
      return err({ code: 'guardrail_unavailable', kind: 'overloaded', message })
    }
    told.acted(name, 'hook_failed')
    return ok(body)
  }
  switch (answer.value.action) {
    case 'allow':
      return ok(body)
    case 'deny':
      return err(denied(`guardrail ${name}: ${answer.value.message.slice(0, longestMessage)}`))
    case 'rewrite':
      told.acted(name, 'rewritten')
      return ok(answer.value.body)
  }
}

const longestMessage = 500

function denied(message: string): Denial {
  return { code: 'guardrail_denied', kind: 'content_filter' satisfies Failure['kind'], message }
}
