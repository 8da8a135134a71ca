import type { Failure } from '#canonical/failure.ts'
import { asArray, asBoolean, asNumber, asObject, asString, compact, isObject } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'
import type { ClientCall } from '../dialect.ts'
import {
  asBase64,
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

/** `POST /v1/embeddings`. Source: platform.openai.com/docs/api-reference/embeddings/create. */
export const openaiEmbeddings: EmbedCodec = {
  decodeRequest,
  passRequest: ({ raw }, model) => ({ path: '/embeddings', body: { ...raw, model } }),
  encodeRequest(request, { model, quirks }) {
    const texts = request.inputs.map((input) => (input.kind === 'text' ? withTitle(input) : [...input.tokens]))
    const dimensions = quirks.embeddings?.dimensionsField ?? 'dimensions'
    return {
      path: '/embeddings',
      body: compact({
        model,
        input: texts.length === 1 ? texts[0] : texts,
        [dimensions]: request.dimensions,
        encoding_format: 'float',
      }),
    }
  },
  decodeAnswer,
  encodeAnswer: ({ vectors, model, usage }, { base64 }) => ({
    object: 'list',
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: base64 ? asBase64(vector) : asNumbers(vector),
    })),
    model,
    usage: { prompt_tokens: usage.input, total_tokens: usage.input },
  }),
}

/** A title has no place of its own here; in the text it still helps. */
function withTitle({ text, title }: Extract<EmbedInput, { readonly kind: 'text' }>): string {
  return title === undefined || title === '' ? text : `${title}\n${text}`
}

function decodeRequest({ body }: ClientCall): Result<EmbedRequest, Failure> {
  const model = asString(body['model'])
  if (model === undefined || model === '') return err(invalid('model is required', 'model'))
  const inputs = readInputs(body['input'])
  if (inputs === undefined) return err(invalid('input must be a text, a list of texts, tokens, or a list of tokens', 'input'))
  if (inputs.length === 0) return err(invalid('input is empty', 'input'))
  const format = body['encoding_format'] ?? 'float'
  if (format !== 'float' && format !== 'base64') return err(invalid('encoding_format must be float or base64', 'encoding_format'))
  return ok({
    form: 'openai',
    model,
    inputs,
    base64: format === 'base64',
    raw: body,
    ...compact({ dimensions: asNumber(body['dimensions']), user: asString(body['user']) }),
  })
}

function readInputs(value: unknown): readonly EmbedInput[] | undefined {
  if (typeof value === 'string') return [{ kind: 'text', text: value }]
  if (!Array.isArray(value)) return undefined
  const list: readonly unknown[] = value
  const tokens = readTokens(list)
  if (tokens !== undefined) return [{ kind: 'tokens', tokens }]
  const inputs: EmbedInput[] = []
  for (const one of list) {
    if (typeof one === 'string') inputs.push({ kind: 'text', text: one })
    else {
      const numbers = Array.isArray(one) ? readTokens(one) : undefined
      if (numbers === undefined) return undefined
      inputs.push({ kind: 'tokens', tokens: numbers })
    }
  }
  return inputs
}

function readTokens(list: readonly unknown[]): readonly number[] | undefined {
  const numbers = list.flatMap((one) => asNumber(one) ?? [])
  return list.length > 0 && numbers.length === list.length ? numbers : undefined
}

function decodeAnswer(body: unknown, request: EmbedRequest): Result<EmbedAnswer, Failure> {
  if (!isObject(body)) return err(malformed('the answer is not an object'))
  const data = asArray(body['data']).map(asObject)
  // The order is that of `index`, which is told because a server may answer out of order.
  const places = data.map((one, place) => asNumber(one['index']) ?? place)
  const vectors: Vector[] = []
  for (const [place, one] of data.entries()) {
    const { embedding } = one
    if (!isVector(embedding)) return err(malformed('an embedding is not a vector'))
    vectors[places[place] ?? place] = embedding
  }
  if (vectors.length !== request.inputs.length || data.length !== vectors.length) {
    return err(malformed(`${data.length} embeddings came for ${request.inputs.length} inputs`))
  }
  const usage = asObject(body['usage'])
  const told = asNumber(usage['prompt_tokens']) ?? asNumber(usage['total_tokens'])
  return ok({
    vectors,
    model: asString(body['model']) ?? request.model,
    usage: inputUsage(told ?? estimateInputs(request.inputs), told === undefined || asBoolean(usage['estimated']) === true),
  })
}

function malformed(message: string): Failure {
  return { kind: 'malformed', phase: 'body', message }
}
