import type { Failure } from '#canonical/failure.ts'
import type { Loss } from '#canonical/loss.ts'
import { asArray, asObject } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'
import { type Operation, type OperationCall, type OperationTarget, unsupported } from '../operation.ts'
import type { EmbedCodec, EmbedRequest } from './embedding.ts'
import { geminiEmbeddings } from './gemini.ts'
import { openaiEmbeddings } from './openai.ts'

/** Embeddings as an operation of the relay: in the client's form, for providers of either form. */
export function embedOperation(request: EmbedRequest): Operation {
  return {
    name: 'embeddings',
    sameModel: true,
    servedBy: (dialect) => codecOf({ dialect }) !== undefined,
    encode: (target) => encode(request, target),
  }
}

function encode(request: EmbedRequest, target: OperationTarget): Result<OperationCall, Failure> {
  const provider = codecOf(target)
  if (provider === undefined) return err(unsupported(`${target.model}: the provider has no embeddings`))
  const same = provider === clientCodec(request) && target.quirks.passthrough !== false
  if (!same && request.inputs.some((input) => input.kind === 'tokens')) {
    return err(unsupported(`${target.model} takes texts only, not tokens`, 'input'))
  }
  const { path, body } = same ? provider.passRequest(request, target.model) : provider.encodeRequest(request, target)
  return ok({
    path,
    contentType: 'application/json',
    jsonOnly: true,
    body,
    losses: same ? [] : lossesOf(request, provider),
    answer(given) {
      const answer = provider.decodeAnswer(given, request)
      if (!answer.ok) return answer
      const { usage } = answer.value
      const passes = same && !(request.base64 && hasNumbers(given))
      return ok({ body: passes ? undefined : clientCodec(request).encodeAnswer(answer.value, request), usage })
    },
  })
}

/** Servers that do not know `base64` answer with numbers, which OpenAI's SDKs then cannot read. */
function hasNumbers(given: unknown): boolean {
  return Array.isArray(asObject(asArray(asObject(given)['data'])[0])['embedding'])
}

function clientCodec({ form }: EmbedRequest): EmbedCodec {
  return form === 'openai' ? openaiEmbeddings : geminiEmbeddings
}

function codecOf({ dialect }: Pick<OperationTarget, 'dialect'>): EmbedCodec | undefined {
  switch (dialect) {
    case 'openai-chat':
    case 'openai-responses':
      return openaiEmbeddings
    case 'gemini':
      return geminiEmbeddings
    default:
      return undefined
  }
}

function lossesOf({ inputs, user }: EmbedRequest, provider: EmbedCodec): readonly Loss[] {
  const losses: Loss[] = []
  if (user !== undefined && provider !== openaiEmbeddings) {
    losses.push({ field: 'user', severity: 'drop', reason: 'the provider has no place for it' })
  }
  if (provider !== geminiEmbeddings && inputs.some((input) => input.kind === 'text' && input.task !== undefined)) {
    losses.push({ field: 'taskType', severity: 'drop', reason: 'the provider has no place for it' })
  }
  return losses
}
