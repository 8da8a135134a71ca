import type { Usage } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { Json, ProviderDialectName } from '#canonical/request.ts'
import { asCount, asObject, asString, isObject, type JsonObject, parseJson } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'
import { type Operation, type OperationCall, type OperationName, type OperationTarget, unsupported } from '../operation.ts'
import { boundaryOf, findField, replaceField } from './multipart.ts'

/** A client's call to a route of OpenAI's API that is relayed as it is. */
export type UntranslatedCall = {
  readonly name: Exclude<OperationName, 'embeddings'>
  /** Behind the version, with its query: `/images/generations`. */
  readonly path: string
  readonly contentType: string
  readonly body: Buffer
  /** The body, where it is JSON and was parsed already. */
  readonly json?: JsonObject
}

/** What is known of a call: the model it names, and the same call for another model. */
export type Untranslated = { readonly model: string; readonly text: string; readonly operation: Operation }

// platform.openai.com/docs/api-reference/moderations/create: the model may be left out there.
const defaultModel: Partial<Record<OperationName, string>> = { moderations: 'omni-moderation-latest' }

/** Finds the model in a JSON or multipart body; all else stays as it came. */
export function readUntranslated(call: UntranslatedCall): Result<Untranslated, Failure> {
  const boundary = boundaryOf(call.contentType)
  return boundary === undefined ? readJson(call) : readForm(call, boundary)
}

function readJson(call: UntranslatedCall): Result<Untranslated, Failure> {
  const parsed = call.json === undefined ? parseJson(call.body.toString('utf8')) : ok(call.json)
  if (!parsed.ok || !isObject(parsed.value)) return err(invalid('the request body must be a JSON object or a form'))
  const raw = parsed.value
  const model = asString(raw['model']) ?? defaultModel[call.name]
  if (model === undefined || model === '') return err(invalid('model is required', 'model'))
  return ok({
    model,
    text: asString(raw['input']) ?? asString(raw['prompt']) ?? asString(raw['query']) ?? '',
    operation: operation(call, (name) => ({ ...raw, model: name })),
  })
}

function readForm(call: UntranslatedCall, boundary: string): Result<Untranslated, Failure> {
  const field = findField(call.body, boundary, 'model')
  if (field === undefined || field.value === '') return err(invalid('the form has no field `model`', 'model'))
  return ok({
    model: field.value,
    text: '',
    operation: operation(call, (name) => (name === field.value ? call.body : replaceField(call.body, field, name))),
  })
}

function operation(call: UntranslatedCall, bodyFor: (model: string) => Json | Buffer): Operation {
  return { name: call.name, sameModel: false, servedBy: isOpenAi, encode: (target) => encode(call, target, bodyFor) }
}

function isOpenAi(dialect: ProviderDialectName): boolean {
  return dialect === 'openai-chat' || dialect === 'openai-responses'
}

function encode(
  { name, path, contentType }: UntranslatedCall,
  { dialect, model }: OperationTarget,
  bodyFor: (model: string) => Json | Buffer,
): Result<OperationCall, Failure> {
  if (!isOpenAi(dialect)) {
    return err(unsupported(`${model}: the provider has no ${path.split('?')[0]}, and ${name} is not translated`))
  }
  return ok({
    path,
    contentType,
    jsonOnly: name === 'moderations' || name === 'rerank',
    body: bodyFor(model),
    losses: [],
    answer: (body) => ok({ body: undefined, usage: readUsage(body) }),
  })
}

/** Images and transcriptions tell tokens in OpenAI's newer words, others in the older ones, most not at all. */
function readUsage(body: unknown): Usage | undefined {
  const usage = asObject(asObject(body)['usage'])
  const input = asCount(usage['input_tokens']) ?? asCount(usage['prompt_tokens'])
  if (input === undefined) return undefined
  const output = asCount(usage['output_tokens']) ?? asCount(usage['completion_tokens']) ?? 0
  return { input, output, cacheRead: 0, cacheWrite: 0, reasoning: 0 }
}

function invalid(message: string, param?: string): Failure {
  const failure: Failure = { kind: 'invalid_request', phase: 'request', message }
  return param === undefined ? failure : { ...failure, param }
}
