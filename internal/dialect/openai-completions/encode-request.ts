import type { Json, Message, Request } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import type { Encoded, EncodeTarget } from '../dialect.ts'

/** Canonical → provider: the texts of the conversation as one prompt. */
export function encodeRequest(request: Request, { model }: EncodeTarget): Encoded {
  const { params } = request
  const body: Json = compact({
    model,
    prompt: request.messages.map(textOf).join('\n\n'),
    stream: request.stream ? true : undefined,
    stream_options: request.stream ? { include_usage: true } : undefined,
    max_tokens: params.maxOutput,
    stop: params.stop,
    n: params.candidates,
    temperature: params.temperature,
    top_p: params.topP,
    presence_penalty: params.presencePenalty,
    frequency_penalty: params.frequencyPenalty,
    seed: params.seed,
    user: request.endUser,
  })
  return { path: '/completions', headers: {}, body, losses: [] }
}

function textOf({ parts }: Message): string {
  return parts.map((part) => (part.kind === 'text' ? part.text : '')).join('')
}
