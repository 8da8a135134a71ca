import type { DialectName, Json } from '#canonical/request.ts'
import { asObject, isObject } from '#lib/json.ts'
import { isStream, payloads, readRecordings, wireOf } from '../support/recordings.ts'

export type ProviderName = DialectName | 'bedrock-converse'

/** Real bodies and streams, from which the broken ones are made. */
export type Seeds = {
  readonly requests: readonly { readonly dialect: DialectName; readonly path: string; readonly body: Json }[]
  readonly answers: readonly { readonly dialect: ProviderName; readonly status: number; readonly body: unknown }[]
  readonly streams: readonly { readonly dialect: DialectName; readonly wire: Buffer }[]
  /** Events of a stream whose framing is binary. */
  readonly events: readonly { readonly dialect: ProviderName; readonly events: readonly Json[] }[]
}

const dialects: Readonly<Record<string, ProviderName>> = {
  chat: 'openai-chat',
  responses: 'openai-responses',
  messages: 'anthropic',
  'generate-content': 'gemini',
  converse: 'bedrock-converse',
}

/** Legacy completions have no recordings of their own. */
const legacyRequest: Json = { model: 'm', prompt: ['Say'], max_tokens: 5, stop: ['x'], stream: true, logprobs: 1, echo: false }
const legacyAnswer: Json = {
  id: 'cmpl-1',
  object: 'text_completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, text: 'Hi', logprobs: null, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
}

export function readSeeds(): Seeds {
  const requests: Seeds['requests'][number][] = [{ dialect: 'openai-completions', path: '/v1/completions', body: legacyRequest }]
  const answers: Seeds['answers'][number][] = [{ dialect: 'openai-completions', status: 200, body: legacyAnswer }]
  const streams: Seeds['streams'][number][] = []
  const events: Seeds['events'][number][] = []
  for (const recording of readRecordings(Object.keys(dialects))) {
    const dialect = dialects[recording.api]
    if (dialect === undefined) continue
    const { request, response } = recording
    if (!isStream(recording)) answers.push({ dialect, status: response.status, body: response.body })
    if (dialect === 'bedrock-converse') {
      if (isStream(recording)) events.push({ dialect, events: payloads(recording).filter(isObject) })
      continue
    }
    if (request !== undefined) requests.push({ dialect, path: request.path, body: { model: 'm', ...asObject(request.body) } })
    if (isStream(recording)) streams.push({ dialect, wire: Buffer.from(wireOf(recording).text) })
  }
  return { requests, answers, streams, events }
}
