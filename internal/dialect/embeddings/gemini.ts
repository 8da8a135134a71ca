import type { Failure } from '#canonical/failure.ts'
import type { Json } from '#canonical/request.ts'
import { asArray, asNumber, asObject, asString, compact, isObject } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'
import type { ClientCall } from '../dialect.ts'
import {
  asNumbers,
  type EmbedAnswer,
  type EmbedCodec,
  type EmbedInput,
  type EmbedRequest,
  estimateInputs,
  inputUsage,
  invalid,
  isVector,
  type Vector,
} from './embedding.ts'

/** `models/{model}:embedContent` and `:batchEmbedContents`. Source: ai.google.dev/api/embeddings. */
export const geminiEmbeddings: EmbedCodec = {
  decodeRequest,
  passRequest({ raw, form }, model) {
    const name = `models/${model}`
    if (form === 'gemini') return { path: pathOf(model, 'embedContent'), body: 'model' in raw ? { ...raw, model: name } : raw }
    const requests = asArray(raw['requests']).map((one) => ({ ...asObject(one), model: name }))
    return { path: pathOf(model, 'batchEmbedContents'), body: { ...raw, requests } }
  },
  encodeRequest: ({ inputs, dimensions }, { model }) => ({
    path: pathOf(model, 'batchEmbedContents'),
    body: {
      requests: inputs.map((input) =>
        compact({
          model: `models/${model}`,
          content: { parts: [{ text: input.kind === 'text' ? input.text : '' }] },
          outputDimensionality: dimensions,
        }),
      ),
    },
  }),
  decodeAnswer,
  encodeAnswer: ({ vectors, usage }, { form }) => {
    const embeddings = vectors.map((values) => ({ values: asNumbers(values) }))
    const usageMetadata = { promptTokenCount: usage.input, totalTokenCount: usage.input }
    return form === 'gemini' ? { embedding: embeddings[0], usageMetadata } : { embeddings, usageMetadata }
  },
}

function pathOf(model: string, method: string): string {
  return `/v1beta/models/${encodeURIComponent(model)}:${method}`
}

function decodeRequest({ path, pathModel, body }: ClientCall): Result<EmbedRequest, Failure> {
  const model = pathModel?.replace(/^models\//, '') ?? ''
  if (model === '') return err(invalid('the path names no model', 'model'))
  const batch = path.endsWith(':batchEmbedContents')
  const requests = batch ? asArray(body['requests']).map(asObject) : [body]
  if (requests.length === 0) return err(invalid('requests is empty', 'requests'))
  const inputs: EmbedInput[] = []
  for (const request of requests) {
    const input = readInput(request)
    if (!input.ok) return input
    inputs.push(input.value)
  }
  const dimensions = asNumber(configOf(requests[0] ?? {})['outputDimensionality'])
  return ok({
    form: batch ? 'gemini-batch' : 'gemini',
    model,
    inputs,
    base64: false,
    raw: body,
    ...compact({ dimensions }),
  })
}

/** Newer clients put the settings into `embedContentConfig`. */
function configOf(request: Json): Json {
  return { ...request, ...asObject(request['embedContentConfig'] ?? request['embed_content_config']) }
}

function readInput(request: Json): Result<EmbedInput, Failure> {
  const texts: string[] = []
  for (const part of asArray(asObject(request['content'])['parts']).map(asObject)) {
    const text = asString(part['text'])
    if (text === undefined) return err(invalid('only text parts can be embedded here', 'content.parts'))
    texts.push(text)
  }
  if (texts.length === 0) return err(invalid('content has no parts', 'content.parts'))
  const config = configOf(request)
  return ok({
    kind: 'text',
    text: texts.join('\n'),
    ...compact({ title: asString(config['title']), task: asString(config['taskType'] ?? config['task_type']) }),
  })
}

function decodeAnswer(body: unknown, request: EmbedRequest): Result<EmbedAnswer, Failure> {
  if (!isObject(body)) return err(malformed('the answer is not an object'))
  const given = 'embedding' in body ? [body['embedding']] : asArray(body['embeddings'])
  const vectors: Vector[] = []
  for (const one of given) {
    const { values } = asObject(one)
    if (!isVector(values) || typeof values === 'string' || values.length === 0)
      return err(malformed('an embedding is not a vector'))
    vectors.push(values)
  }
  if (vectors.length !== request.inputs.length) {
    return err(malformed(`${vectors.length} embeddings came for ${request.inputs.length} inputs`))
  }
  const told = asNumber(asObject(body['usageMetadata'])['promptTokenCount'])
  return ok({ vectors, model: request.model, usage: inputUsage(told ?? estimateInputs(request.inputs), told === undefined) })
}

function malformed(message: string): Failure {
  return { kind: 'malformed', phase: 'body', message }
}
