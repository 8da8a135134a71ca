/**
 * An upstream that streams at a pace: `/every/MS/…` sends a chunk every MS milliseconds without an end, `/every/MS/times/N/…`
 * ends after N. The first chunk comes at once; each says when it was written, as `@milliseconds@`, so that whoever reads it
 * knows how long it took. `/end` ends all streams: some relays go on reading when their caller has gone. Usage: node paced-upstream.ts PORT
 */
import { createServer, type ServerResponse } from 'node:http'
import { sharedNowMs } from './clock.ts'

const head =
  'data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1760000000,"model":"bench","choices":[{"index":0,'
const start = `${head}"delta":{"role":"assistant","content":""},"finish_reason":null}]}\n\n`
const end = `${head}"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":400,"completion_tokens":50,"total_tokens":450}}\n\ndata: [DONE]\n\n`

const open = new Set<ServerResponse>()

const server = createServer((request, response) => {
  const [, every, times] = /^\/every\/(\d+)\/(?:times\/(\d+)\/)?/.exec(request.url ?? '') ?? []
  request.resume()
  request.on('end', () => {
    if (request.url === '/end') endAll(response)
    else if (every === undefined) response.writeHead(404).end()
    else stream(response, Number(every), times === undefined ? Number.POSITIVE_INFINITY : Number(times))
  })
})
// A relay's idle connections are not to be closed under it between two rounds.
server.keepAliveTimeout = 120_000
server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 })

function stream(response: ServerResponse, everyMs: number, times: number): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(start + chunk())
  const startedMs = sharedNowMs()
  let sent = 1
  let timer = setTimeout(next, everyMs)
  open.add(response)
  response.once('close', () => {
    clearTimeout(timer)
    open.delete(response)
  })

  function next(): void {
    if (response.writableEnded) return
    if (sent >= times) {
      response.end(end)
      return
    }
    response.write(chunk())
    sent++
    // Held against the start: a timer that came late once does not slow the stream down.
    timer = setTimeout(next, Math.max(1, startedMs + sent * everyMs - sharedNowMs()))
  }
}

function endAll(response: ServerResponse): void {
  const count = open.size
  for (const each of open) each.end(end)
  response.end(String(count))
}

function chunk(): string {
  return `${head}"delta":{"content":"@${sharedNowMs().toFixed(3)}@ "},"finish_reason":null}]}\n\n`
}
