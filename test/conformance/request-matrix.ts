import { createServer, type Server } from 'node:http'
import type { Loss } from '#canonical/loss.ts'
import type { ProviderDialectName } from '#canonical/request.ts'
import { asObject, asString, type JsonObject, parseJson } from '#lib/json.ts'
import type { Recording } from '../support/recordings.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import type { Meaning } from './meaning.ts'
import { readConverseRequest } from './request-converse.ts'
import { readChatRequest, readResponsesRequest } from './request-openai.ts'
import { readGeminiRequest, readMessagesRequest } from './request-vendors.ts'

/** A dialect with the provider that requests of the others are written for. */
export type Family = {
  readonly dialect: ProviderDialectName
  /** The folder of its recordings. */
  readonly api: string
  readonly provider: string
  readonly model: string
  /** Below the address of the server. */
  readonly base: string
  readonly read: (body: JsonObject) => Meaning
  /** Its API has no stop sequences: the relay ends the answer there, which test/e2e/stop-sequences.test.ts shows. */
  readonly noStop?: true
  /** What the provider says, whatever it is asked. */
  readonly answer: JsonObject
}

const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
const said = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: '{}', annotations: [] }] }

export const families: readonly Family[] = [
  {
    dialect: 'openai-chat',
    api: 'chat',
    provider: 'type: openai',
    model: 'gpt-4.1',
    base: '/v1',
    read: readChatRequest,
    answer: {
      id: 'x',
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: '{}' }, finish_reason: 'stop' }],
      usage,
    },
  },
  {
    dialect: 'openai-responses',
    api: 'responses',
    provider: 'type: openai, api: responses',
    model: 'gpt-4.1',
    base: '/v1',
    read: readResponsesRequest,
    noStop: true,
    answer: {
      id: 'x',
      object: 'response',
      model: 'm',
      status: 'completed',
      output: [said],
      usage: { input_tokens: 1, output_tokens: 1 },
    },
  },
  {
    dialect: 'anthropic',
    api: 'messages',
    provider: 'type: anthropic',
    model: 'claude-opus-4-5',
    base: '',
    read: readMessagesRequest,
    answer: {
      id: 'x',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [{ type: 'text', text: '{}' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 1, output_tokens: 1 },
    },
  },
  {
    dialect: 'gemini',
    api: 'generate-content',
    provider: 'type: gemini',
    model: 'gemini-3.7-flash',
    base: '',
    read: readGeminiRequest,
    answer: {
      candidates: [{ content: { role: 'model', parts: [{ text: '{}' }] }, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1 },
    },
  },
  // No client speaks it: it is a target only.
  {
    dialect: 'bedrock-converse',
    api: 'converse',
    provider: 'type: bedrock, region: eu-central-1',
    model: 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
    base: '',
    read: readConverseRequest,
    answer: {
      output: { message: { role: 'assistant', content: [{ text: '{}' }] } },
      stopReason: 'end_turn',
      usage: { inputTokens: 1, outputTokens: 1 },
    },
  },
]

/** What reached the provider for a client's request. */
export type Sent = {
  /** Undefined when the relay refused the request: no provider could have answered as was asked. */
  readonly body: JsonObject | undefined
  /** What the relay named as left out, or why it refused. */
  readonly losses: readonly Loss[]
}

export type Matrix = {
  /** One request at a time for each target. */
  readonly send: (recording: Recording, source: Family, target: Family) => Promise<Sent>
  readonly close: () => Promise<void>
}

/** A running relay before one provider of each family, which answers the same whatever it is asked. */
export async function startMatrix(): Promise<Matrix> {
  const bodies = new Map<string, JsonObject>()
  const servers: Server[] = []
  const providers: string[] = []
  for (const family of families) {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const parsed = parseJson(Buffer.concat(chunks).toString('utf8'))
        bodies.set(family.dialect, parsed.ok ? asObject(parsed.value) : {})
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(family.answer))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    servers.push(server)
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : ''
    providers.push(`  ${family.dialect}: { ${family.provider}, api_key: k, base_url: "http://127.0.0.1:${port}${family.base}" }`)
  }
  const models = families.map(({ dialect, model }) => `  ${dialect}: { targets: [${dialect}/${model}] }`)
  const relay = await startRelay(
    `version: 1\nproviders:\n${providers.join('\n')}\nmodels:\n${models.join('\n')}\nretry: { attempts: 1 }\nhealth: { probe: off }\nlimits: { max_body: 64MB }\nlog: { level: error }\n`,
  )
  return {
    async send(recording, source, target) {
      bodies.delete(target.dialect)
      const losses = await ask(relay, recording, source, target)
      return { body: bodies.get(target.dialect), losses }
    },
    async close() {
      await relay.stop()
      for (const server of servers) {
        server.closeAllConnections()
        server.close()
      }
    },
  }
}

/** As the client sent it, but for the model, whose name chooses the target. */
async function ask(relay: RelayProcess, { request }: Recording, source: Family, target: Family): Promise<readonly Loss[]> {
  const path = (request?.path ?? '').replace(/^.*?(?=\/(models\/[^/]*:|chat\/completions|responses|messages))/, '')
  const inPath = source.dialect === 'gemini'
  const version = inPath ? '/v1beta' : '/v1'
  const url = `${relay.url}${version}${path.replace(/\/models\/.*?:/, `/models/${target.dialect}:`)}`
  const body = inPath ? request?.body : { ...request?.body, model: target.dialect }
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  const named = (response.headers.get('x-outrigger-dropped') ?? '').split(', ').filter((field) => field !== '')
  const dropped = named.map((field): Loss => ({ field, severity: 'drop', reason: '' }))
  if (response.ok) return dropped
  const parsed = parseJson(text)
  const error = asObject(asObject(parsed.ok ? parsed.value : undefined)['error'])
  return [
    {
      field: asString(error['param']) ?? '',
      severity: 'refuse',
      reason: asString(error['message']) ?? `${response.status} ${text}`,
    },
  ]
}
