import { createServer, type ServerResponse } from 'node:http'
import { asObject, asString } from '#lib/json.ts'
import { listenLocally } from './listen.ts'

/** What a provider allows within `windowMs`, as OpenAI counts: buckets that fill all the time. */
export type LiveLimits = { readonly requests: number; readonly tokens: number; readonly windowMs: number }

/** What a request was told, in the order of arrival. */
export type Served = { readonly model: string; readonly status: 200 | 429 }

export type LimitedProvider = { readonly url: string; readonly served: readonly Served[]; readonly close: () => Promise<void> }

const tokensPerAnswer = 60

/**
 * A provider that speaks OpenAI Chat and has limits that are real: requests to the models named `limited` take from buckets, its headers
 * tell what is left in them, and who asks for more gets 429. Its other models have none.
 */
export async function startLimitedProvider(limits: LiveLimits): Promise<LimitedProvider> {
  const served: Served[] = []
  const requests = createBucket(limits.requests, limits.windowMs)
  const tokens = createBucket(limits.tokens, limits.windowMs)
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') return answer(response, 200, {}, { object: 'list', data: [] })
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk))
    const model = asString(asObject(JSON.parse(Buffer.concat(chunks).toString('utf8')))['model']) ?? ''
    const isLimited = model.startsWith('limited')
    const isOver = isLimited && !(requests.has(1) && tokens.has(tokensPerAnswer))
    served.push({ model, status: isOver ? 429 : 200 })
    if (isLimited && !isOver) {
      requests.take(1)
      tokens.take(tokensPerAnswer)
    }
    const headers = isLimited ? { ...requests.headers('requests'), ...tokens.headers('tokens') } : {}
    if (isOver)
      return answer(response, 429, headers, {
        error: { message: 'Rate limit reached.', type: 'requests', code: 'rate_limit_exceeded' },
      })
    return answer(response, 200, headers, {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model,
      choices: [{ index: 0, message: { role: 'assistant', content: 'All is well.' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 20, completion_tokens: tokensPerAnswer - 20, total_tokens: tokensPerAnswer },
    })
  })
  const port = await listenLocally(server)
  return {
    url: `http://127.0.0.1:${port}/v1`,
    served,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function createBucket(capacity: number, windowMs: number) {
  let level = capacity
  let filledMs = performance.now()
  const fill = (): number => {
    const nowMs = performance.now()
    level = Math.min(capacity, level + (capacity * (nowMs - filledMs)) / windowMs)
    filledMs = nowMs
    return level
  }
  return {
    has: (amount: number) => fill() >= amount,
    take(amount: number): void {
      level = fill() - amount
    },
    headers(kind: 'requests' | 'tokens'): Readonly<Record<string, string>> {
      const left = fill()
      return {
        [`x-ratelimit-limit-${kind}`]: String(capacity),
        [`x-ratelimit-remaining-${kind}`]: String(Math.floor(left)),
        [`x-ratelimit-reset-${kind}`]: `${(((capacity - left) / capacity) * windowMs) / 1000}s`,
      }
    },
  }
}

function answer(response: ServerResponse, status: number, headers: Readonly<Record<string, string>>, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}
