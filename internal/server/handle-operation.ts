import type { Failure } from '#canonical/failure.ts'
import type { Request } from '#canonical/request.ts'
import type { Dialect } from '#dialect/dialect.ts'
import type { EmbedRequest } from '#dialect/embeddings/embedding.ts'
import { geminiEmbeddings } from '#dialect/embeddings/gemini.ts'
import { openaiEmbeddings } from '#dialect/embeddings/openai.ts'
import { embedOperation } from '#dialect/embeddings/operation.ts'
import type { Operation } from '#dialect/operation.ts'
import { readUntranslated } from '#dialect/untranslated/operation.ts'
import { ok, type Result } from '#lib/result.ts'
import { authorize, mayAsk, modelDenied } from './authorize.ts'
import { parseBody, readBody } from './body.ts'
import type { HandlerDeps, Incoming } from './handler-deps.ts'
import { readHints } from './headers.ts'
import type { OperationMatch } from './operation-routes.ts'
import { reject, rejectBody } from './reject.ts'
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
  const read = readOperation(incoming, match, body.value)
  if (!read.ok) {
    const { kind, message, code, param } = read.error
    return reject(
      incoming,
      dialect,
      { code: code ?? kind, kind, message, requestId, ...(param === undefined ? {} : { param }) },
      deps,
    )
  }
  const { model, text, operation } = read.value
  if (identity.value !== undefined && !mayAsk(identity.value, model))
    return reject(incoming, dialect, modelDenied(identity.value, model, requestId), deps)
  const planned = planningRequest(dialect, model, text)
  const bytesIn = body.value.length
  await relayAdmitted(incoming, { dialect, request: planned, hints: hints.value, operation, bytesIn }, deps)
}

type ReadOperation = { readonly model: string; readonly text: string; readonly operation: Operation }

function readOperation({ request, target }: Incoming, match: OperationMatch, body: Buffer): Result<ReadOperation, Failure> {
  if (match.name !== 'embeddings') {
    const contentType = request.headers['content-type'] ?? 'application/json'
    return readUntranslated({ name: match.name, path: match.path + target.search, contentType, body })
  }
  const parsed = parseBody(body)
  if (!parsed.ok) return { ok: false, error: { kind: 'invalid_request', phase: 'request', message: bodyMessage(parsed.error) } }
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

function bodyMessage(problem: { readonly kind: string; readonly message?: string }): string {
  return problem.message ?? 'the request body could not be read'
}

function textOf({ inputs }: EmbedRequest): string {
  return inputs.map((input) => (input.kind === 'text' ? input.text : '....'.repeat(input.tokens.length))).join('\n')
}

/** What planning wants to know: the model, and the text for the estimate of tokens and price. Nothing is written. */
function planningRequest({ name }: Dialect, model: string, text: string): Request {
  return {
    dialect: name,
    model,
    stream: false,
    messages: text === '' ? [] : [{ role: 'user', parts: [{ kind: 'text', text }] }],
    tools: [],
    params: { maxOutput: 0 },
    output: { format: 'text' },
    ext: {},
    raw: {},
  }
}
