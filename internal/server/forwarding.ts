import type { PlanInput } from '#canonical/plan.ts'
import type { ClientError, Dialect } from '#dialect/dialect.ts'
import { asNumber, asObject, isObject, parseJson } from '#lib/json.ts'
import { err } from '#lib/result.ts'
import { largeBytes, turnsUntil } from '#lib/slices/turn.ts'
import { writeInSlices } from '#lib/slices/write.ts'
import { addressOf } from '#relay/prepare.ts'
import { authorize, mayForward } from './authorize.ts'
import { readBody } from './body.ts'
import { isGuarded } from './guard-request.ts'
import type { HandlerDeps, Incoming } from './handler-deps.ts'
import { forwardedHeaders } from './headers.ts'
import { holdAnswer } from './held-answer.ts'
import { reject } from './reject.ts'
import { clientPort, respondError } from './respond.ts'
import type { Match } from './routes.ts'

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** `/providers/{name}/…`: sent as it is, with the provider's key. */
export async function forwardToProvider(
  incoming: Incoming,
  match: Extract<Match, { readonly kind: 'provider' }>,
  deps: HandlerDeps,
): Promise<void> {
  const { request, response, requestId, target } = incoming
  const identity = await authorize(incoming, deps.fallbackDialect, deps)
  if (!identity.ok) return
  const forwardable = isGuarded(deps)
    ? err('guardrails apply here, which cannot be held on /providers')
    : mayForward(identity.value)
  if (!forwardable.ok) {
    const error: ClientError = { code: 'path_not_allowed', kind: 'permission', message: forwardable.error, requestId }
    return reject(incoming, deps.fallbackDialect, error, deps)
  }
  const provider = deps.config().providers.get(match.name)
  const method = methods.find((known) => known === request.method)
  if (provider === undefined) {
    const message = `there is no provider ${JSON.stringify(match.name)}`
    return reject(incoming, deps.fallbackDialect, { code: 'provider_not_found', kind: 'not_found', message, requestId }, deps)
  }
  if (method === undefined || match.rest.includes('/../')) {
    const error: ClientError = {
      code: 'method_not_allowed',
      kind: 'method_not_allowed',
      message: `${request.method} is not forwarded`,
      requestId,
    }
    return reject(incoming, deps.fallbackDialect, error, deps)
  }
  const body = method === 'GET' ? undefined : await readBody(request, deps.config().limits.max_body)
  if (body?.ok === false) {
    if (body.error.kind === 'gone') return
    return reject(
      incoming,
      deps.fallbackDialect,
      { code: 'invalid_request', kind: body.error.kind, message: body.error.message, requestId },
      deps,
    )
  }
  const result = await deps.forward({
    provider,
    method,
    path: match.rest + target.search,
    contentType: request.headers['content-type'],
    body: body?.value,
    forward: forwardedHeaders(request.headers),
    requestId,
    client: clientPort(response),
  })
  if (typeof result === 'number') return
  if (response.headersSent) response.destroy()
  else
    respondError(response, deps.fallbackDialect, {
      code: result.code ?? result.kind,
      kind: result.kind,
      message: result.message,
      requestId,
    })
}

/** `bytesIn`: of the client's body. */
type Counted = PlanInput & { readonly bytesIn: number }

/** Counts a prompt's tokens: at the first target, if it speaks the client's dialect and can tell them, else by our own estimate. */
export async function countTokens(incoming: Incoming, dialect: Dialect, input: Counted, deps: HandlerDeps): Promise<void> {
  const { response, requestId } = incoming
  const counting = dialect.countTokens
  const planned = deps.plan(input, deps.config())
  if (counting === undefined || !planned.ok) {
    const message = planned.ok ? 'tokens cannot be counted here' : planned.error.message
    return reject(
      incoming,
      dialect,
      { code: planned.ok ? 'unsupported_operation' : planned.error.code, kind: 'not_found', message, requestId, param: 'model' },
      deps,
    )
  }
  const target = planned.value.steps[0]?.target
  const provider = target === undefined ? undefined : deps.config().providers.get(target.provider)
  if (target !== undefined && provider !== undefined && target.dialect === dialect.name) {
    const counted = { path: counting.path(target.model), headers: {}, body: counting.body(input.request, target.model) }
    const { path, body } = addressOf(provider, counted, target.model, false)
    const written =
      input.bytesIn < largeBytes
        ? JSON.stringify(body)
        : await writeInSlices(
            body,
            turnsUntil(() => response.destroyed),
          )
    if (written === undefined) return
    const held = holdAnswer(clientPort(response), longestCountBytes)
    const status = await deps.forward({
      provider,
      method: 'POST',
      path,
      contentType: 'application/json',
      body: written,
      forward: forwardedHeaders(incoming.request.headers),
      requestId,
      client: held.port,
    })
    if (tellsCount(status, held.text(), Object.keys(counting.answer(0)))) return held.release()
  }
  response.writeHead(200, {
    'content-type': 'application/json',
    'x-outrigger-request-id': requestId,
    'x-outrigger-estimated': 'true',
  })
  response.end(JSON.stringify(counting.answer(deps.estimateTokens(input.request))))
}

const longestCountBytes = 65_536

/** Whether the provider's answer is for the client: the numbers, or what is wrong with the request. All else is the provider's trouble. */
function tellsCount(status: unknown, text: string | undefined, fields: readonly string[]): boolean {
  const parsed = parseJson(text ?? '')
  const body = asObject(parsed.ok ? parsed.value : undefined)
  if (status === 200) return fields.every((field) => asNumber(body[field]) !== undefined)
  return (status === 400 || status === 413 || status === 422) && isObject(body['error'])
}
