import type { Failure } from '#canonical/failure.ts'
import type { Hints } from '#canonical/plan.ts'
import type { Json, Request } from '#canonical/request.ts'
import type { ClientError } from '#dialect/dialect.ts'
import type { Result } from '#lib/result.ts'
import { namedModels } from '#routing/openrouter-fields.ts'
import { authorize, mayAsk, modelDenied } from './authorize.ts'
import { readJson } from './body.ts'
import { countTokens, forwardToProvider } from './forwarding.ts'
import { guardRequest, isGuarded } from './guard-request.ts'
import { handleOperation } from './handle-operation.ts'
import type { HandlerDeps, Identity, Incoming } from './handler-deps.ts'
import { type HintProblem, readHints, requestIdOf } from './headers.ts'
import type { ClientRequest } from './http/client-request.ts'
import type { ClientResponse } from './http/client-response.ts'
import { modelsBody } from './models.ts'
import { reject, rejectBody, rejectFailure } from './reject.ts'
import { type Read, relayAdmitted } from './relay-admitted.ts'
import { readTarget } from './request-target.ts'
import type { Match } from './routes.ts'
import { speakingTo } from './speaker.ts'

type DialectMatch = Extract<Match, { readonly kind: 'dialect' }>

/**
 * One request of a client, from its headers to the relay. Who only hands on does not wait for the end: a function that waits is kept in
 * memory, with all that it knows, for as long as the answer takes.
 */
export function handle(request: ClientRequest, response: ClientResponse, deps: HandlerDeps): void | Promise<void> {
  const requestId = requestIdOf(request.headers, deps.newId)
  const startedMs = deps.clock.now()
  const target = readTarget(request.url)
  if (target === undefined)
    return reject(
      { request, response, target: { path: '/', search: '', query: new URLSearchParams() }, requestId, startedMs },
      deps.fallbackDialect,
      unknownPath(requestId, 'this URL'),
      deps,
    )
  const incoming: Incoming = { request, response, target, requestId, startedMs }
  const match = deps.router(request.method, target.path)
  switch (match.kind) {
    case 'dialect':
      return handleDialect(incoming, match, deps)
    case 'provider':
      return forwardToProvider(incoming, match, speakingTo(incoming, deps))
    case 'operation':
      return handleOperation(incoming, match.operation, match.dialect, deps)
    case 'models':
      return respondModels(incoming, match, speakingTo(incoming, deps))
    case 'wrong_method': {
      const message = `${request.method} is not allowed on ${target.path}; use ${match.allow}`
      const error: ClientError = { code: 'method_not_allowed', kind: 'method_not_allowed', message, requestId }
      return reject(incoming, match.dialect ?? speakingTo(incoming, deps).fallbackDialect, error, deps, { allow: match.allow })
    }
    case 'unknown':
      return reject(incoming, speakingTo(incoming, deps).fallbackDialect, unknownPath(requestId, target.path), deps)
  }
}

async function handleDialect(incoming: Incoming, match: DialectMatch, deps: HandlerDeps): Promise<void> {
  const { dialect, route } = match
  const { request, requestId, target } = incoming
  const asked = authorize(incoming, dialect, deps)
  const identity = asked instanceof Promise ? await asked : asked
  if (!identity.ok) return
  const read = await readJson(incoming, deps.config().limits.max_body)
  if (!read.ok) return rejectBody(incoming, dialect, read.error, deps)
  const { value: body, bytes: bytesIn } = read.value

  const hints = readHints(request.headers, identity.value)
  if (!hints.ok) return reject(incoming, dialect, headerError(hints.error, requestId), deps)
  const decode = (given: Json): Result<Request, Failure> => decodeAs(match, target, hints.value.headers, given)
  const recalled = deps.recall?.(dialect, body, identity.value?.name ?? '') ?? body
  const first = decode(recalled)
  if (!first.ok) return rejectFailure(incoming, dialect, first.error, deps)
  const asking = { dialect, request: first.value, hints: hints.value, bytesIn }
  if (!isGuarded(deps)) return handleRead(incoming, asking, { identity: identity.value, route }, deps)

  const models = namedModels(first.value)
  const question = { dialect: dialect.name, request: first.value, hints: hints.value, body: recalled, bytes: bytesIn, models }
  const passed = await guardRequest(incoming, dialect, question, deps)
  if (!passed.ok) return
  const again = passed.value.body === undefined || passed.value.body === recalled ? first : decode(passed.value.body)
  if (!again.ok) return rejectFailure(incoming, dialect, again.error, deps)
  const { guarded } = passed.value
  const guardedRead = { ...asking, request: again.value, ...(guarded === undefined ? {} : { guarded }) }
  return handleRead(incoming, guardedRead, { identity: identity.value, route }, deps)
}

function decodeAs(
  { dialect, pathModel }: DialectMatch,
  { path, query }: Incoming['target'],
  headers: Hints['headers'],
  body: Json,
): Result<Request, Failure> {
  return dialect.decodeRequest({ path, query, headers, body, pathModel })
}

type Asker = { readonly identity: Identity | undefined; readonly route: DialectMatch['route'] }

/** A request that has been read, and looked at where somebody does: is it allowed, and what is it for? */
function handleRead(incoming: Incoming, read: Read, { identity, route }: Asker, deps: HandlerDeps): void | Promise<void> {
  const { dialect, request } = read
  // Models to fall back to are asked for as well.
  const denied = namedModels(request).find((model) => !mayAsk(identity, model))
  if (identity !== undefined && denied !== undefined)
    return reject(incoming, dialect, modelDenied(identity, denied, incoming.requestId), deps)
  if (route.operation === 'count_tokens') return countTokens(incoming, dialect, read, deps)
  return relayAdmitted(incoming, read, deps)
}

function headerError({ header, message }: HintProblem, requestId: string): ClientError {
  return { code: 'invalid_header', kind: 'invalid_request', message: `${header} ${message}`, param: header, requestId }
}

async function respondModels(
  incoming: Incoming,
  match: Extract<Match, { readonly kind: 'models' }>,
  deps: HandlerDeps,
): Promise<void> {
  const { request, response, requestId } = incoming
  const identity = await authorize(incoming, deps.fallbackDialect, deps)
  if (!identity.ok) return
  const body = modelsBody(match, request.headers, deps.config(), (model) => mayAsk(identity.value, model))
  if (body === undefined) {
    const message = `no model is named ${JSON.stringify(match.id)}`
    return reject(incoming, deps.fallbackDialect, { code: 'model_not_found', kind: 'not_found', message, requestId }, deps)
  }
  response.writeHead(200, { 'content-type': 'application/json', 'x-outrigger-request-id': requestId })
  response.end(JSON.stringify(body))
}

function unknownPath(requestId: string, path: string): ClientError {
  return { code: 'unknown_path', kind: 'not_found', message: `there is nothing at ${path}`, requestId }
}
