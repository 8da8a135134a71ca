import type { ClientError, Dialect } from '#dialect/dialect.ts'
import { matchesPattern } from '#lib/pattern.ts'
import { err, ok, type Result } from '#lib/result.ts'
import type { HandlerDeps, Identity, Incoming, Stranger } from './handler-deps.ts'
import { reject } from './reject.ts'

/** Whether the request may go on: who asks, or that nobody needs to be anybody. Refuses it otherwise. At once, unless a token's keys must be fetched. */
export function authorize(
  incoming: Incoming,
  dialect: Dialect,
  deps: HandlerDeps,
): Result<Identity | undefined, 'refused'> | Promise<Result<Identity | undefined, 'refused'>> {
  const { request, target } = incoming
  const asked = deps.identify(request.headers, target.query)
  return asked instanceof Promise
    ? asked.then((identified) => admitOrRefuse(incoming, dialect, deps, identified))
    : admitOrRefuse(incoming, dialect, deps, asked)
}

function admitOrRefuse(
  incoming: Incoming,
  dialect: Dialect,
  deps: HandlerDeps,
  identified: Result<Identity | undefined, Stranger>,
): Result<Identity | undefined, 'refused'> {
  const { requestId } = incoming
  if (identified.ok) return identified
  const { code, message, kind = 'client_auth' } = identified.error
  const headers: Record<string, string> = kind === 'client_auth' ? { 'www-authenticate': 'Bearer' } : {}
  reject(incoming, dialect, { code, kind, message, requestId }, deps, headers)
  return err('refused')
}

/** Whether this client may ask for the model. */
export function mayAsk(identity: Identity | undefined, model: string): boolean {
  return identity?.models?.some((pattern) => matchesPattern(pattern, model)) ?? true
}

/** The error of a client that asks for a model that is not among its own. */
export function modelDenied({ name }: Identity, model: string, requestId: string): ClientError {
  const message = `client ${JSON.stringify(name)} may not ask for ${JSON.stringify(model)}`
  return { code: 'model_not_allowed', kind: 'permission', message, param: 'model', requestId }
}

/** Paths that are sent on as they are cannot be counted, so that a client whose use is limited has no way to them. */
export function mayForward(identity: Identity | undefined): Result<undefined, string> {
  if (identity === undefined) return ok(undefined)
  const limits = [
    ['models', identity.models],
    ['rpm', identity.rpm],
    ['tpm', identity.tpm],
    ['max_concurrent', identity.max_concurrent],
    ['budget', identity.budgets],
  ].filter(([, limit]) => limit !== undefined)
  if (limits.length === 0) return ok(undefined)
  const names = limits.map(([name]) => name).join(', ')
  return err(`client ${JSON.stringify(identity.name)} is limited (${names}), which cannot be held on /providers`)
}
