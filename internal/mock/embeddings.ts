import type { Json } from '#canonical/request.ts'
import { asArray, asNumber, asObject, asString } from '#lib/json.ts'

const defaultDimensions = 64
const maxDimensions = 4096

/** The body of an OpenAI embeddings answer; as base64 of 32-bit floats, little endian, when that was asked for. */
export function openaiEmbeddings(body: Json): Json {
  const input = body['input']
  const isOne = typeof input === 'string' || (Array.isArray(input) && typeof input[0] === 'number')
  const inputs: readonly unknown[] = isOne ? [input] : asArray(input)
  const dimensions = dimensionsOf(body['dimensions'])
  const encode = body['encoding_format'] === 'base64' ? asBase64 : (vector: readonly number[]) => vector
  const tokens = inputs.reduce<number>((total, one) => total + Math.ceil(nameOf(one).length / 4), 0)
  return {
    object: 'list',
    data: inputs.map((one, index) => ({ object: 'embedding', index, embedding: encode(vectorOf(nameOf(one), dimensions)) })),
    model: asString(body['model']) ?? 'mock-embedding',
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  }
}

/** The body of a Gemini `embedContent` answer. */
export function geminiEmbedding(body: Json): Json {
  const config = asObject(body['embedContentConfig'])
  const dimensions = dimensionsOf(body['outputDimensionality'] ?? config['outputDimensionality'])
  return { embedding: { values: vectorOf(JSON.stringify(asObject(body['content'])['parts'] ?? ''), dimensions) } }
}

/** The body of a Gemini `batchEmbedContents` answer. */
export function geminiEmbeddings(body: Json): Json {
  return { embeddings: asArray(body['requests']).map((one) => geminiEmbedding(asObject(one))['embedding']) }
}

function dimensionsOf(value: unknown): number {
  return Math.min(Math.max(Math.trunc(asNumber(value) ?? defaultDimensions), 1), maxDimensions)
}

function nameOf(input: unknown): string {
  return typeof input === 'string' ? input : JSON.stringify(input)
}

/** A vector of length 1 that depends on the text alone. */
export function vectorOf(text: string, dimensions: number): readonly number[] {
  let state = 2_166_136_261
  for (let at = 0; at < text.length; at++) state = Math.imul(state ^ text.charCodeAt(at), 16_777_619)
  const values = Array.from({ length: dimensions }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2_147_483_648 - 1
  })
  const length = Math.hypot(...values) || 1
  return values.map((value) => Math.fround(value / length))
}

function asBase64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4)
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4)
  return bytes.toString('base64')
}
