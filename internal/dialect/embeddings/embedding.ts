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
export type EmbedAnswer = { readonly vectors: readonly Vector[]; readonly model: string; readonly usage: Usage }

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

/** As it came: numbers, or base64 of little-endian 32-bit floats. Mostly it goes on as it is. */
export type Vector = readonly number[] | string

/** An answer may hold millions of numbers, which `every` or an iterator would take five times as long to look at. */
export function isVector(value: unknown): value is Vector {
  if (typeof value === 'string') return value !== '' && Buffer.byteLength(value, 'base64') % bytesOfFloat === 0
  if (!Array.isArray(value)) return false
  for (let at = 0; at < value.length; at++) if (!Number.isFinite(value[at])) return false
  return true
}

const bytesOfFloat = 4

export function asNumbers(vector: Vector): readonly number[] {
  if (typeof vector !== 'string') return vector
  const bytes = Buffer.from(vector, 'base64')
  return Array.from({ length: bytes.length / bytesOfFloat }, (_, index) => bytes.readFloatLE(index * bytesOfFloat))
}

export function asBase64(vector: Vector): string {
  if (typeof vector === 'string') return vector
  const bytes = Buffer.alloc(vector.length * bytesOfFloat)
  for (let index = 0; index < vector.length; index++) bytes.writeFloatLE(vector[index] ?? 0, index * bytesOfFloat)
  return bytes.toString('base64')
}
