import cluster, { type Worker as Process } from 'node:cluster'
import { rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse, request as sendRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isSea } from 'node:sea'
import type { StatusFacts } from '#admin/status-facts.ts'
import { loadFile } from '#config/load.ts'
import { formatProblem } from '#config/problem.ts'
import { listenOn } from '#server/listener.ts'
import { createMemoryStore } from '#state/memory.ts'
import { serveStore } from '#state/remote.ts'
import { bufferLines, createLog, type Logger } from '#telemetry/log.ts'
import { type MetricsData, mergeMetrics } from '#telemetry/merge-metrics.ts'
import { createQuestion, type Question } from './ask-workers.ts'
import { exitCodes } from './exit.ts'
import { createGroupAlerts, type GroupAlerts } from './group-alerts.ts'
import type { ServeOptions } from './serve-options.ts'
import { onceStopped } from './signals.ts'
import { complain } from './terminal.ts'
import { workerAdmin } from './worker.ts'
import type { FromWorker } from './worker-messages.ts'
import { workersStatus } from './workers-status.ts'

type Member = { readonly process: Process; readonly socket: string; ready: boolean }

/** What the primary keeps of its workers. */
type Crew = {
  readonly members: Map<number, Member>
  readonly metrics: Question<MetricsData>
  readonly status: Question<StatusFacts>
  readonly alerts: GroupAlerts
  draining: boolean
}

// A worker that dies sooner than this after its start would die again at once.
const soonMs = 1000

function newCrew(): Crew {
  return {
    members: new Map(),
    metrics: createQuestion('metrics'),
    status: createQuestion('status'),
    alerts: createGroupAlerts(),
    draining: false,
  }
}

/** `outrigger serve --workers N`: processes that share the clients' port; this one starts them, and answers operators for all. */
export async function serveWithWorkers(options: ServeOptions, count: number): Promise<number> {
  const loaded = loadFile({ path: options.config })
  if (!loaded.ok) {
    for (const problem of loaded.error) complain(formatProblem(problem))
    return exitCodes.config
  }
  const { config } = loaded.value
  const lines = bufferLines((text) => process.stdout.write(text))
  const log = createLog({ level: config.log.level, format: options.logFormat, write: lines.write })
  const crew = newCrew()
  const store = createMemoryStore(Date.now)
  const stopped = Promise.withResolvers<string>()
  const failed = Promise.withResolvers<number>()

  const hear = (member: Member, message: FromWorker): void => {
    switch (message.kind) {
      case 'ready':
        member.ready = true
        return
      case 'alert':
        if (crew.alerts.isTold(member.process.id, message.news)) member.process.send({ kind: 'tell_alert', id: message.id })
        return
      case 'drain':
        return stopped.resolve('POST /drain')
      case 'attempt':
      case 'taken_back':
        for (const other of crew.members.values()) if (other !== member) other.process.send(message)
        return
      case 'metrics':
        return crew.metrics.answered(message.id, message.data)
      case 'status':
        return crew.status.answered(message.id, message.facts)
      default:
        void serveStore(store, message, (answer) => member.process.send(answer))
    }
  }
  const start = (): void => {
    const socket = join(tmpdir(), `outrigger-${process.pid}-${crew.members.size}-${Date.now()}.sock`)
    const startedMs = performance.now()
    const worker = cluster.fork({ [workerAdmin]: `unix:${socket}` })
    const member: Member = { process: worker, socket, ready: false }
    crew.members.set(worker.id, member)
    worker.on('message', (message: FromWorker) => hear(member, message))
    worker.on('exit', (code, signal) => {
      crew.members.delete(worker.id)
      crew.alerts.left(worker.id)
      rmSync(socket, { force: true })
      if (crew.draining) return
      log.error({ worker: worker.id, code, signal }, 'worker ended, another one takes its place')
      // One that cannot start at all tells why by its exit code; the others share its fate.
      if (!member.ready && performance.now() - startedMs < soonMs) failed.resolve(code ?? exitCodes.failed)
      else start()
    })
  }
  const [exec = 'serve', ...args] = isSea() ? process.argv.slice(2) : process.argv.slice(1)
  cluster.setupPrimary({ exec, args })
  for (let started = 0; started < count; started++) start()

  const admin = createAdminProxy(crew, config.admin_hosts, log)
  const administering = await listenOn(admin, options.admin ?? config.admin)
  if (!administering.ok) complain(administering.error)
  process.on('SIGHUP', () => signal(crew, 'SIGHUP'))
  void onceStopped().then(stopped.resolve)
  const end = await Promise.race([stopped.promise, failed.promise, ...(administering.ok ? [] : [exitCodes.listen])])
  await drainAll(crew, log, String(end))
  admin.close()
  admin.closeAllConnections()
  lines.flush()
  return typeof end === 'number' ? end : exitCodes.ok
}

async function drainAll(crew: Crew, log: Logger, reason: string): Promise<void> {
  crew.draining = true
  log.info({ reason, workers: crew.members.size }, 'draining')
  const ended = [...crew.members.values()].map(
    ({ process: worker }) => new Promise<void>((resolve) => worker.once('exit', () => resolve())),
  )
  signal(crew, 'SIGTERM')
  await Promise.all(ended)
}

function signal({ members }: Crew, name: NodeJS.Signals): void {
  for (const { process: worker } of members.values()) worker.process.kill(name)
}

function readyWorkers({ members }: Crew): readonly Process[] {
  return [...members.values()]
    .filter((member) => member.ready && member.process.isConnected())
    .map(({ process: worker }) => worker)
}

/** Answers for all: metrics and status added up, readiness of any, changes of the log level to every one; the rest is a worker's own answer. */
function createAdminProxy(crew: Crew, hosts: readonly string[], log: Logger): Server {
  const status = workersStatus({
    ask: () => crew.status.ask(readyWorkers(crew)),
    draining: () => crew.draining,
    hosts,
    log,
  })
  return createServer({ requestTimeout: 10_000, headersTimeout: 5000 }, (request, response) => {
    const path = URL.parse(request.url ?? '/', 'http://admin')?.pathname ?? '/'
    if (request.method === 'GET' && path === '/metrics') return void tellMetrics(crew, request, response)
    if (path === '/status' || path === '/events') return status(request, response)
    if (path === '/livez' || path === '/liveness') return plain(response, 200, 'ok\n')
    if (crew.draining && /^\/read(?:yz|iness)$/.test(path)) return plain(response, 503, 'draining\n')
    passOn(crew, request, response)
  })
}

function passOn(crew: Crew, request: IncomingMessage, response: ServerResponse): void {
  const members = [...crew.members.values()].filter((member) => member.ready)
  const [first] = members
  if (first === undefined) return plain(response, 503, 'starting\n')
  if (request.method === 'PUT') tellAll(members, request, response)
  else pass(first, request, response)
}

async function tellMetrics(crew: Crew, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { contentType, body } = await mergeMetrics(await crew.metrics.ask(readyWorkers(crew)), request.headers.accept ?? '')
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
