import type { Json } from '#canonical/request.ts'
import type { ClientError, Dialect } from '#dialect/dialect.ts'
import type { GuardedRequest } from '#guardrails/guard.ts'
import { err, ok, type Result } from '#lib/result.ts'
import type { Guarded } from '#relay/exchange.ts'
import type { HandlerDeps, Incoming } from './handler-deps.ts'
import { reject } from './reject.ts'

/** A request that guardrails let through: its body, the same object when they changed nothing. */
export type Guard = { readonly body: Json | undefined; readonly guarded?: Guarded }

/** Asks the guardrails, where there are any; a request that they do not let through is refused. */
export async function guardRequest(
  incoming: Incoming,
  dialect: Dialect,
  asked: Omit<GuardedRequest, 'requestId'>,
  deps: HandlerDeps,
): Promise<Result<Guard, 'refused'>> {
  const { requestId } = incoming
  if (deps.guard === undefined) return ok({ body: asked.body })
  const passed = await deps.guard({ ...asked, requestId })
  if (!passed.ok) {
    const { code, kind, message } = passed.error
    const error: ClientError = { code, kind, message, requestId, ...(code === 'model_not_allowed' ? { param: 'model' } : {}) }
    reject(incoming, dialect, error, deps, kind === 'overloaded' ? { 'retry-after': '1', 'x-should-retry': 'true' } : {})
    return err('refused')
  }
  const { body, redacted, answer } = passed.value
  if (redacted === 0 && answer === undefined) return ok({ body })
  return ok({ body, guarded: { redacted, ...(answer === undefined ? {} : { answer }) } })
}

/** Whether anybody looks at requests at all. */
export function isGuarded({ config, guard }: HandlerDeps): boolean {
  return guard !== undefined && config().guardrails.length > 0
}
