import { type Failure, leftByClient } from '#canonical/failure.ts'
import type { Hints } from '#canonical/plan.ts'
import type { Request } from '#canonical/request.ts'
import { textRequest } from '#canonical/text-request.ts'
import type { Dialect } from '#dialect/dialect.ts'
import type { EmbedRequest } from '#dialect/embeddings/embedding.ts'
import { geminiEmbeddings } from '#dialect/embeddings/gemini.ts'
import { openaiEmbeddings } from '#dialect/embeddings/openai.ts'
import { embedOperation } from '#dialect/embeddings/operation.ts'
import type { Operation } from '#dialect/operation.ts'
import { boundaryOf } from '#dialect/untranslated/multipart.ts'
import { readUntranslated } from '#dialect/untranslated/operation.ts'
import { err, ok, type Result } from '#lib/result.ts'
import { largeBytes } from '#lib/slices/turn.ts'
import type { Guarded } from '#relay/exchange.ts'
import { authorize, mayAsk, modelDenied } from './authorize.ts'
import { parseBody, readBody } from './body.ts'
import { guardRequest, isGuarded } from './guard-request.ts'
import type { HandlerDeps, Incoming } from './handler-deps.ts'
import { readHints } from './headers.ts'
import type { OperationMatch } from './operation-routes.ts'
import { reject, rejectBody, rejectFailure } from './reject.ts'
import { relayAdmitted } from './relay-admitted.ts'

/** Embeddings, images, audio, moderations, reranking: routed like conversations, by the model that they name. */
export async function handleOperation(
  incoming: Incoming,
  match: OperationMatch,
  dialect: Dialect,
  deps: HandlerDeps,
): Promise<void> {
  const { request, requestId } = incoming
  const identity = await authorize(incoming, dialect, deps)
  if (!identity.ok) return
  const body = await readBody(request, deps.config().limits.max_body)
  if (!body.ok) return rejectBody(incoming, dialect, body.error, deps)
  const hints = readHints(request.headers, identity.value)
  if (!hints.ok) {
    const { header, message } = hints.error
    const error = {
      code: 'invalid_header',
      kind: 'invalid_request',
      message: `${header} ${message}`,
      param: header,
      requestId,
    } as const
    return reject(incoming, dialect, error, deps)
  }
  const read = await readOperation(incoming, match, body.value)
  if (!read.ok) {
    if (read.error.kind === 'cancelled') return
    return rejectFailure(incoming, dialect, read.error, deps)
  }
  const common = { dialect, hints: hints.value }
  const guarded = isGuarded(deps)
    ? await guardOperation(incoming, match, { ...common, body: body.value, read: read.value }, deps)
    : ok<GuardedOperation>({ read: read.value })
  if (!guarded.ok) return
  const { model, text, operation } = guarded.value.read
  if (identity.value !== undefined && !mayAsk(identity.value, model))
    return reject(incoming, dialect, modelDenied(identity.value, model, requestId), deps)
  const planned = planningRequest(dialect, model, text)
  const bytesIn = body.value.length
  const passed = guarded.value.guarded === undefined ? {} : { guarded: guarded.value.guarded }
  await relayAdmitted(incoming, { ...common, request: planned, operation, bytesIn, ...passed }, deps)
}

type Guarding = {
  readonly dialect: Dialect
  readonly hints: Hints
  readonly body: Buffer
  readonly read: ReadOperation
}
type GuardedOperation = { readonly read: ReadOperation; readonly guarded?: Guarded }

/** Asks the guardrails; a body that they changed is read anew. Forms and sound are looked at by size and model only. */
async function guardOperation(
  incoming: Incoming,
  match: OperationMatch,
  { dialect, hints, body, read }: Guarding,
  deps: HandlerDeps,
): Promise<Result<GuardedOperation, 'refused'>> {
  const { model, text } = read
  const isJson = /^application\/json/i.test(incoming.request.headers['content-type'] ?? 'application/json')
  const parsed = isJson ? await parseBody(body, incoming) : undefined
  const json = parsed?.ok === true ? parsed.value : undefined
  const request = planningRequest(dialect, model, text)
  const asked = { dialect: match.name, request, hints, body: json, bytes: body.length, models: [model] }
  const passed = await guardRequest(incoming, dialect, asked, deps)
  if (!passed.ok) return passed
  const { guarded } = passed.value
  const told = guarded === undefined ? {} : { guarded }
  if (passed.value.body === undefined || passed.value.body === json) return ok({ read, ...told })
  const again = await readOperation(incoming, match, Buffer.from(JSON.stringify(passed.value.body)))
  if (again.ok) return ok({ read: again.value, ...told })
  rejectFailure(incoming, dialect, again.error, deps)
  return err('refused')
}

type ReadOperation = { readonly model: string; readonly text: string; readonly operation: Operation }

async function readOperation(incoming: Incoming, match: OperationMatch, body: Buffer): Promise<Result<ReadOperation, Failure>> {
  const { request, target } = incoming
  if (match.name !== 'embeddings') {
    const contentType = request.headers['content-type'] ?? 'application/json'
    const call = { name: match.name, path: match.path + target.search, contentType, body }
    const parsed = isLargeJson(call) ? await parseBody(body, incoming) : undefined
    if (parsed?.ok === false && parsed.error.kind === 'gone') return err(leftByClient('request'))
    return readUntranslated(parsed?.ok === true ? { ...call, json: parsed.value } : call)
  }
  const parsed = await parseBody(body, incoming)
  if (!parsed.ok) {
    if (parsed.error.kind === 'gone') return err(leftByClient('request'))
    return err({ kind: 'invalid_request', phase: 'request', message: parsed.error.message })
  }
  const codec = match.api === 'openai' ? openaiEmbeddings : geminiEmbeddings
  const decoded = codec.decodeRequest({
    path: target.path,
    query: target.query,
    headers: {},
    body: parsed.value,
    ...(match.pathModel === undefined ? {} : { pathModel: match.pathModel }),
  })
  if (!decoded.ok) return decoded
  return ok({ model: decoded.value.model, text: textOf(decoded.value), operation: embedOperation(decoded.value) })
}

function isLargeJson({ body, contentType }: { readonly body: Buffer; readonly contentType: string }): boolean {
  return body.length >= largeBytes && boundaryOf(contentType) === undefined
}

function textOf({ inputs }: EmbedRequest): string {
  return inputs.map((input) => (input.kind === 'text' ? input.text : '....'.repeat(input.tokens.length))).join('\n')
}

/** What planning wants to know: the model, and the text for the estimate of tokens and price. Nothing is written. */
function planningRequest({ name }: Dialect, model: string, text: string): Request {
  const request = textRequest({ dialect: name, model, text, maxOutput: 0 })
  return text === '' ? { ...request, messages: [] } : request
}
