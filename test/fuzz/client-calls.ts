import { mutateBytes, mutateJson } from './mutate.ts'
import type { Random } from './random.ts'
import type { Seeds } from './seeds.ts'

export type ClientCall = {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

const paths = {
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
  'openai-completions': '/v1/completions',
  anthropic: '/v1/messages',
  gemini: '/v1beta/models/MODEL:streamGenerateContent?alt=sse',
} as const

const others: readonly [string, ...string[]] = [
  '/v1/messages/count_tokens',
  '/v1beta/models/MODEL:generateContent',
  '/v1beta/models/MODEL:streamGenerateContent',
  '/v1beta/models/MODEL:countTokens',
  '/v1beta/models/MODEL:embedContent',
  '/v1/embeddings',
  '/v1/models',
  '/v1/models/%00',
  '/v1beta/models/../../x',
  '/v1/moderations',
  '/v1/rerank',
  '/v1/images/generations',
  '/v1/audio/speech',
  '/providers/chat/models',
  '/providers/%2e%2e/x',
  '//v1/chat/completions',
  '/?',
  '/%',
  `/${'a'.repeat(3000)}`,
]
const methods: readonly [string, ...string[]] = ['GET', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH']
const models: readonly [string, ...string[]] = [
  'chat',
  'responses',
  'claude',
  'gem',
  'all',
  'chat/x',
  'chat',
  'claude',
  'gem',
  'responses',
  'all',
  'nobody',
]
const strange: readonly [Readonly<Record<string, string>>, ...Readonly<Record<string, string>>[]] = [
  { 'x-outrigger-timeout': '1e9h' },
  { 'x-outrigger-timeout': '2s' },
  { 'x-outrigger-max-cost': 'NaN' },
  { 'x-outrigger-priority': 'highest' },
  { 'x-outrigger-tags': ',,=,a=b=c' },
  { 'x-request-id': 'é'.normalize('NFC') },
  { 'x-request-id': 'a'.repeat(5000) },
  { traceparent: '00-zz-00' },
  { 'content-encoding': 'gzip' },
  { 'content-type': 'multipart/form-data; boundary=' },
  { authorization: 'Bearer ' },
  { cookie: 'a'.repeat(3000) },
  { 'anthropic-version': '' },
  { 'user-agent': 'mistral' },
]

/** A call that a client might make by mistake or on purpose; most reach a provider. */
export function brokenCall({ requests }: Seeds, random: Random): ClientCall {
  const sometimes = <T>(share: number, given: () => T, other: T): T => (random.share() < share ? given() : other)
  const model = random.pick(models)
  const chosen = random.pickAny(requests)
  const path = sometimes(0.1, () => random.pick(others), paths[chosen?.dialect ?? 'openai-chat'])
  const body = { ...chosen?.body, model, stream: random.share() < 0.5 }
  const bytes = Buffer.from(JSON.stringify(sometimes(0.4, () => mutateJson(body, random), body)) ?? '')
  return {
    method: sometimes(0.05, () => random.pick(methods), 'POST'),
    path: path.replace('MODEL', encodeURIComponent(model)),
    headers: { 'content-type': 'application/json', ...sometimes(0.1, () => random.pick(strange), {}) },
    body: sometimes(0.05, () => mutateBytes(bytes, random), bytes),
  }
}
