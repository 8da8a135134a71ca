import { Sha256 } from '@aws-crypto/sha256-js'
import { EventStreamCodec } from '@smithy/eventstream-codec'
import { SignatureV4 } from '@smithy/signature-v4'
import { fromUtf8, toUtf8 } from '@smithy/util-utf8'
import { asArray, asObject, asString, type JsonObject } from '#lib/json.ts'
import type { Arrived, VendorAnswer } from './vendor-server.ts'

const codec = new EventStreamCodec(toUtf8, fromUtf8)

/** A message of an AWS event stream. */
export function eventOf(type: string, payload: object): Uint8Array {
  return messageOf('event', ':event-type', type, payload)
}

export function exceptionOf(type: string, payload: object): Uint8Array {
  return messageOf('exception', ':exception-type', type, payload)
}

function messageOf(kind: string, header: string, type: string, payload: object): Uint8Array {
  const text = (value: string) => ({ type: 'string', value }) as const
  const headers = { ':message-type': text(kind), [header]: text(type), ':content-type': text('application/json') }
  return codec.encode({ headers, body: fromUtf8(JSON.stringify(payload)) })
}

export function streamOf(messages: readonly Uint8Array[]): VendorAnswer {
  return { headers: { 'content-type': 'application/vnd.amazon.eventstream' }, body: Buffer.concat(messages) }
}

export type Keys = { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }

/** Why a request's signature is not right; undefined when it is. Made anew with Amazon's library and compared. */
export async function signatureProblem(request: Arrived, credentials: Keys, region: string): Promise<string | undefined> {
  const { headers, path, method, text } = request
  const given = headers.authorization ?? ''
  const [, id, day, scope, names = ''] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^,]+), SignedHeaders=([^,]+), Signature=[0-9a-f]{64}$/.exec(given) ?? []
  if (id !== credentials.accessKeyId) return `not signed by ${credentials.accessKeyId}: ${given}`
  if (scope !== `${region}/bedrock/aws4_request`) return `wrong scope ${scope}`
  const date = asString(headers['x-amz-date']) ?? ''
  if (!date.startsWith(day ?? '-')) return `wrong date ${date}`
  const signed = names.split(';')
  for (const needed of ['host', 'content-type', 'x-amz-content-sha256', 'x-amz-date'])
    if (!signed.includes(needed)) return `${needed} is not signed`
  const signer = new SignatureV4({ credentials, region, service: 'bedrock', sha256: Sha256 })
  const kept = signed.filter((name) => !/^x-amz-(date|security-token|content-sha256)$/.test(name))
  const again = await signer.sign(
    {
      method,
      protocol: 'http:',
      hostname: 'ignored',
      path: path.split('?')[0] ?? '',
      query: {},
      headers: Object.fromEntries(kept.map((name) => [name, asString(headers[name]) ?? ''])),
      body: text,
    },
    { signingDate: dateOf(date) },
  )
  return again.headers['authorization'] === given ? undefined : `signature differs: ${given} <> ${again.headers['authorization']}`
}

function dateOf(text: string): Date {
  return new Date(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}

const usage = { inputTokens: 100, outputTokens: 20, totalTokens: 150, cacheReadInputTokens: 30, cacheWriteInputTokens: 0 }

/** A model behind Converse: calls the first tool it is shown, and tells what the tool said. */
export function converse({ body, path }: Pick<Arrived, 'body' | 'path'>): VendorAnswer {
  const last = asObject(asArray(body['messages']).at(-1))
  const result = asArray(last['content'])
    .map((block) => asObject(asObject(block)['toolResult']))
    .find((found) => 'toolUseId' in found)
  const streamed = path.endsWith('/converse-stream')
  if (result !== undefined) {
    const told = asArray(result['content']).map((block) => asString(asObject(block)['text']) ?? '')
    return streamed ? streamedText(`It says: ${told.join(' ')}`) : whole([{ text: `It says: ${told.join(' ')}` }], 'end_turn')
  }
  const tool = asObject(asObject(asArray(asObject(body['toolConfig'])['tools'])[0])['toolSpec'])
  const name = asString(tool['name'])
  if (name === undefined) return streamed ? streamedText('Hello there.') : whole([{ text: 'Hello there.' }], 'end_turn')
  if (streamed) return streamedCall(name)
  return whole([{ text: 'Let me see.' }, { toolUse: { toolUseId: 'tooluse_1', name, input: { city: 'Oslo' } } }], 'tool_use')
}

function whole(content: readonly JsonObject[], stopReason: string): VendorAnswer {
  const body = { metrics: { latencyMs: 1 }, output: { message: { role: 'assistant', content } }, stopReason, usage }
  return { body: JSON.stringify(body) }
}

function streamedText(text: string): VendorAnswer {
  const deltas = [...text.matchAll(/\s*\S+/g)].map(([word]) =>
    eventOf('contentBlockDelta', { contentBlockIndex: 0, delta: { text: word }, p: 'abc' }),
  )
  return streamOf([
    eventOf('messageStart', { role: 'assistant', p: 'ab' }),
    ...deltas,
    eventOf('contentBlockStop', { contentBlockIndex: 0 }),
    eventOf('messageStop', { stopReason: 'end_turn' }),
    eventOf('metadata', { metrics: { latencyMs: 1 }, usage }),
  ])
}

function streamedCall(name: string): VendorAnswer {
  const input = (text: string) => eventOf('contentBlockDelta', { contentBlockIndex: 1, delta: { toolUse: { input: text } } })
  return streamOf([
    eventOf('messageStart', { role: 'assistant' }),
    eventOf('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Let me see.' } }),
    eventOf('contentBlockStop', { contentBlockIndex: 0 }),
    eventOf('contentBlockStart', { contentBlockIndex: 1, start: { toolUse: { toolUseId: 'tooluse_1', name } } }),
    input('{"ci'),
    input('ty":"Oslo"}'),
    eventOf('contentBlockStop', { contentBlockIndex: 1 }),
    eventOf('messageStop', { stopReason: 'tool_use' }),
    eventOf('metadata', { metrics: { latencyMs: 1 }, usage }),
  ])
}
