import { createServer } from 'node:http'
import { listenLocally } from '../support/listen.ts'

/** A provider that gives one answer, after so many milliseconds; it costs hardly anything, so that a load test measures the relays. */
export type PlainProvider = { readonly url: string; readonly close: () => Promise<void> }

/** OpenAI's chat completions, with an answer of so many tokens. */
export async function startPlainProvider(tokens: number, afterMs: number): Promise<PlainProvider> {
  const message = { role: 'assistant', content: 'word '.repeat(tokens).trimEnd() }
  const body = Buffer.from(
    JSON.stringify({
      id: 'chatcmpl-load',
      object: 'chat.completion',
      created: 1,
      model: 'gpt-4.1',
      choices: [{ index: 0, message, finish_reason: 'stop' }],
      usage: { prompt_tokens: 10, completion_tokens: tokens, total_tokens: tokens + 10 },
    }),
  )
  const headers = { 'content-type': 'application/json', 'content-length': String(body.length) }
  const server = createServer((request, response) => {
    request.resume()
    setTimeout(() => response.writeHead(200, headers).end(body), afterMs)
  })
  const port = await listenLocally(server)
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
