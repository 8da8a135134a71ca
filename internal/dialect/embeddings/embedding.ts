import type { Usage } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { Json } from '#canonical/request.ts'
import type { Result } from '#lib/result.ts'
import type { ClientCall } from '../dialect.ts'
import type { OperationTarget } from '../operation.ts'

/** The wire forms of an embeddings request. */
export type EmbedForm = 'openai' | 'gemini' | 'gemini-batch'

/** One input: text, or the numbers of OpenAI's tokenizer, which nobody else can read. */
export type EmbedInput =
  | { readonly kind: 'text'; readonly text: string; readonly title?: string; readonly task?: string }
  | { readonly kind: 'tokens'; readonly tokens: readonly number[] }

/** What a client asked for, whatever its form. */
export type EmbedRequest = {
  readonly form: EmbedForm
  readonly model: string
  readonly inputs: readonly EmbedInput[]
  /** Length of the vectors; the model's own when left out. */
  readonly dimensions?: number
  /** Vectors are wanted as base64 of little-endian 32-bit floats, which OpenAI's SDKs ask for by default. */
  readonly base64: boolean
  readonly user?: string
  /** The body as parsed, for a provider of the same form. */
  readonly raw: Json
}

/** Vectors in the order of the inputs. */
export type EmbedAnswer = { readonly vectors: readonly (readonly number[])[]; readonly model: string; readonly usage: Usage }

/** One wire form, both sides of it. */
export type EmbedCodec = {
  readonly decodeRequest: (call: ClientCall) => Result<EmbedRequest, Failure>
  /** A request of the same form goes as it came, but for the model's name. */
  readonly passRequest: (request: EmbedRequest, model: string) => { readonly path: string; readonly body: Json }
  readonly encodeRequest: (request: EmbedRequest, target: OperationTarget) => { readonly path: string; readonly body: Json }
  readonly decodeAnswer: (body: unknown, request: EmbedRequest) => Result<EmbedAnswer, Failure>
  readonly encodeAnswer: (answer: EmbedAnswer, request: EmbedRequest) => Json
}

/** A prompt of that many tokens and nothing written. */
export function inputUsage(input: number, estimated: boolean): Usage {
  const usage: Usage = { input, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 }
  return estimated ? { ...usage, estimated } : usage
}

// Characters a token has in English text, about: https://help.openai.com/en/articles/4936856
const charactersPerToken = 4

/** Tokens of the inputs, for providers that do not tell. */
export function estimateInputs(inputs: readonly EmbedInput[]): number {
  let tokens = 0
  for (const input of inputs)
    tokens += input.kind === 'text' ? Math.ceil(input.text.length / charactersPerToken) : input.tokens.length
  return tokens
}

export function invalid(message: string, param: string): Failure {
  return { kind: 'invalid_request', phase: 'request', message, param }
}

/** Numbers, or base64 of them, as a vector; undefined when it is neither. */
export function readVector(value: unknown): readonly number[] | undefined {
  if (typeof value === 'string') return unpack(value)
  if (!Array.isArray(value)) return undefined
  return value.every((one) => typeof one === 'number') ? value : undefined
}

function unpack(text: string): readonly number[] | undefined {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length === 0 || bytes.length % 4 !== 0) return undefined
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4))
}

/** A vector as base64 of little-endian 32-bit floats. */
export function packVector(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4)
  for (let index = 0; index < vector.length; index++) bytes.writeFloatLE(vector[index] ?? 0, index * 4)
  return bytes.toString('base64')
}
