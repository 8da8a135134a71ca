import { createServer, type IncomingMessage, type Server, type ServerResponse, request as sendRequest } from 'node:http'
import type { StatusFacts } from '#admin/status-facts.ts'
import type { Logger } from '#telemetry/log.ts'
import { type MetricsData, mergeMetrics } from '#telemetry/merge-metrics.ts'
import type { Question } from './ask-workers.ts'
import type { Crew, Member } from './crew.ts'
import { workersStatus } from './workers-status.ts'

export type WorkersAdminDeps = {
  readonly crew: Pick<Crew, 'ready' | 'isDraining'>
  readonly metrics: Question<MetricsData>
  readonly status: Question<StatusFacts>
  /** Names of the operators' port. */
  readonly hosts: readonly string[]
  readonly log: Logger
}

/** Answers for all: metrics and status added up, readiness of any, changes of the log level to every one; the rest is a worker's own answer. */
export function createWorkersAdmin({ crew, metrics, status: question, hosts, log }: WorkersAdminDeps): Server {
  const status = workersStatus({ ask: () => question.ask(crew.ready()), draining: crew.isDraining, hosts, log })
  return createServer({ requestTimeout: 10_000, headersTimeout: 5000 }, (request, response) => {
    const path = URL.parse(request.url ?? '/', 'http://admin')?.pathname ?? '/'
    if (request.method === 'GET' && path === '/metrics') return void tellMetrics(metrics.ask(crew.ready()), request, response)
    if (path === '/status' || path === '/events') return status(request, response)
    if (path === '/livez' || path === '/liveness') return plain(response, 200, 'ok\n')
    if (crew.isDraining() && /^\/read(?:yz|iness)$/.test(path)) return plain(response, 503, 'draining\n')
    passOn(crew.ready(), request, response)
  })
}

function passOn(members: readonly Member[], request: IncomingMessage, response: ServerResponse): void {
  const [first] = members
  if (first === undefined) return plain(response, 503, 'starting\n')
  if (request.method === 'PUT') tellAll(members, request, response)
  else pass(first, request, response)
}

async function tellMetrics(
  asked: Promise<readonly MetricsData[]>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { contentType, body } = await mergeMetrics(await asked, request.headers.accept ?? '')
  response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' }).end(body)
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text)
}

function pass({ socket }: Member, request: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = request
  const onward = sendRequest({ socketPath: socket, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  onward.on('error', () => (response.headersSent ? response.destroy() : plain(response, 503, 'the worker does not answer\n')))
  response.on('close', () => onward.destroy())
  request.pipe(onward)
}

/** The answer is the first worker's; the others hear the same. */
function tellAll(members: readonly Member[], request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks)
    for (const [index, { socket }] of members.entries()) {
      const { method, url, headers } = request
      const onward = sendRequest({ socketPath: socket, method, path: url, headers }, (answer) => {
        if (index > 0) return void answer.resume()
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      })
      onward.on('error', () => index === 0 && !response.headersSent && plain(response, 503, 'the worker does not answer\n'))
      onward.end(body)
    }
  })
}
