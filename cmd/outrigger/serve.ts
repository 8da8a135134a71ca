import { type Current, createCurrent } from '#config/current.ts'
import { type FileTexts, type Loaded, loadFile } from '#config/load.ts'
import { formatProblem, type Problem } from '#config/problem.ts'
import { watchFile } from '#config/watch.ts'
import { urlOf } from '#lib/address.ts'
import { createClock } from '#lib/clock.ts'
import type { Result } from '#lib/result.ts'
import { turnsForAll } from '#lib/slices/turn.ts'
import { drain } from '#server/drain.ts'
import { listenOn } from '#server/listener.ts'
import { bufferLines } from '#telemetry/line-buffer.ts'
import { createLog, type Logger } from '#telemetry/log.ts'
import { collectGarbage } from './collect-garbage.ts'
import { compose, type Runtime } from './compose.ts'
import { parseDuration } from './duration.ts'
import { exitCodes } from './exit.ts'
import { keepMemoryLow } from './idle-memory.ts'
import { writeLogTo } from './log-output.ts'
import { openStore } from './open-store.ts'
import { keepTicksQuick } from './quick-ticks.ts'
import type { ServeOptions } from './serve-options.ts'
import { onceStopped } from './signals.ts'
import { complain } from './terminal.ts'
import { version } from './version.ts'
import { withFlags } from './with-flags.ts'
import { asWorker, type Worker } from './worker.ts'

const lingerMs = 2000

/** `outrigger serve`: runs until a signal, then lets requests end. */
export async function serve(options: ServeOptions): Promise<number> {
  const drainMs = parseDuration(options.drainTimeout)
  if (drainMs === undefined) {
    complain(`--drain-timeout: ${options.drainTimeout} is no duration such as 25s`)
    return exitCodes.usage
  }
  const count = options.workers === undefined ? 1 : Number(options.workers)
  if (!Number.isInteger(count) || count < 1 || count > 256) {
    complain(`--workers: ${options.workers} is no number of processes from 1 to 256`)
    return exitCodes.usage
  }
  const worker = asWorker()
  if (count > 1 && worker === undefined) {
    const { serveWithWorkers } = await import('./workers.ts')
    return await serveWithWorkers(options, count)
  }
  return await serveAlone(options, drainMs, worker)
}

async function serveAlone(given: ServeOptions, drainMs: number, worker: Worker | undefined): Promise<number> {
  keepTicksQuick()
  const begun = await worker?.reloads.begin()
  const options = begun === undefined ? given : { ...given, listen: begun.listen, admin: begun.admin }
  let before: Loaded | undefined
  const load = (texts?: FileTexts): Result<Loaded, readonly Problem[]> => {
    const read = loadFile({ path: options.config, salt: begun?.salt, texts, before, processes: begun?.share.of })
    if (read.ok) before = read.value
    return withFlags(read, options)
  }
  const loaded = load(begun?.texts)
  if (!loaded.ok) {
    for (const problem of loaded.error) complain(formatProblem(problem))
    return exitCodes.config
  }
  const lines = bufferLines(writeLogTo(process.stdout))
  const log = createLog({
    level: begun?.logLevel ?? loaded.value.config.log.level,
    format: options.logFormat,
    write: lines.write,
  })
  // It would end the process.
  process.on('SIGUSR2', () => log.warn({}, 'SIGUSR2 does nothing here: it replaces workers, at the first process of --workers N'))
  for (const warning of loaded.value.warnings) log.warn({ problem: formatProblem(warning) }, 'config warning')

  const current = createCurrent(loaded.value.config, worker === undefined ? load : worker.reloads.reading(load), Date.now)
  current.avoid(begun?.avoid)
  const asked = Promise.withResolvers<string>()
  const opened = await openStore(current.get(), log, worker?.store)
  const runtime = compose({
    current,
    log,
    version,
    opened,
    worker,
    share: begun?.share,
    onDrain: () => (worker === undefined ? asked.resolve('POST /drain') : worker.drain()),
  })
  const code = await run({
    options,
    current,
    runtime,
    log,
    flushLog: lines.flush,
    drainMs,
    worker,
    stopped: Promise.race([onceStopped(), asked.promise]),
  })
  lines.flush()
  worker?.leave()
  // What a library left open must not keep the process.
  setTimeout(() => process.exit(code), lingerMs).unref()
  return code
}

type RunParts = {
  readonly options: ServeOptions
  readonly current: Current
  readonly runtime: Runtime
  readonly log: Logger
  readonly flushLog: () => void
  readonly drainMs: number
  readonly worker: Worker | undefined
  readonly stopped: Promise<string>
}

async function run({ options, current, runtime, log, flushLog, drainMs, worker, stopped }: RunParts): Promise<number> {
  const config = current.get()
  await runtime.traced
  const [listening, administering] = await Promise.all([
    runtime.listener.listen(config.listen),
    listenOn(runtime.admin, config.admin),
  ])
  if (!listening.ok || !administering.ok) {
    for (const opened of [listening, administering]) if (!opened.ok) complain(opened.error)
    // What is open already would keep the process alive.
    runtime.listener.server.close()
    runtime.admin.close()
    await runtime.close()
    return exitCodes.listen
  }
  const urls = { listen: urlOf(listening.value), admin: urlOf(administering.value) }
  const reload = worker?.reloads.want ?? current.reload
  const watcher = watchFile(
    options.config,
    () => reload('file'),
    () => current.get().files,
  )
  process.on('SIGHUP', () => reload('signal'))
  runtime.lifecycle.started = true
  log.info(
    { listen: urls.listen.replace(/^http:\/\//, ''), admin: urls.admin.replace(/^http:\/\//, ''), config: config.path, version },
    'listening',
  )
  flushLog()
  options.onListening?.(urls)
  worker?.ready()
  await runtime.warmUp()
  keepMemoryLow(runtime.inFlight)
  // What changed between the first reading and the watch.
  setTimeout(() => {
    reload(worker === undefined ? 'file' : 'start')
    // What only the start needed: a relay without requests does not come to a collection of everything by itself.
    if (runtime.inFlight() === 0) collectGarbage('last-resort')
  }, 1000).unref()

  const why = await stopped
  runtime.lifecycle.draining = true
  runtime.listener.startDraining()
  log.info({ reason: why }, 'draining')
  const drained = drain(runtime.listener.server, drainMs, createClock())
  // The primary may be about to hand a connection over: who left before it came would leave it without an answer.
  await worker?.released()
  const cut = await drained
  await untilTold(runtime)
  if (cut > 0) log.warn({ connections: cut }, 'connections cut at the end of the drain')
  await watcher.close()
  await runtime.close()
  runtime.admin.close()
  runtime.admin.closeAllConnections()
  log.info({}, 'stopped')
  return exitCodes.ok
}

// Requests end some turns of the event loop after their connections; what never ends must not keep the process.
const mostTurns = 1000

/** The requests that ended with the last connections are in the log. */
async function untilTold({ inFlight }: Runtime): Promise<void> {
  for (let turns = 0; turns < mostTurns && inFlight() > 0; turns++) await turnsForAll()
}
