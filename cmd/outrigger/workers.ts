import type { StatusFacts } from '#admin/status-facts.ts'
import { fileIdOf, type ReloadReason } from '#config/current.ts'
import { type Loaded, loadFile, newSalt } from '#config/load.ts'
import { formatProblem } from '#config/problem.ts'
import { listenOn } from '#server/listener.ts'
import { createMemoryStore } from '#state/memory.ts'
import { serveStore } from '#state/remote.ts'
import type { Store } from '#state/store.ts'
import { bufferLines } from '#telemetry/line-buffer.ts'
import { createLog, type Logger } from '#telemetry/log.ts'
import type { MetricsData } from '#telemetry/merge-metrics.ts'
import { createQuestion, type Question } from './ask-workers.ts'
import { type Crew, createCrew, type Member } from './crew.ts'
import { exitCodes } from './exit.ts'
import { createGroupAlerts, type GroupAlerts } from './group-alerts.ts'
import { writeLogTo } from './log-output.ts'
import { createReloadTurns, type ReloadTurns } from './reload-turns.ts'
import type { ServeOptions } from './serve-options.ts'
import { onceStopped } from './signals.ts'
import { complain } from './terminal.ts'
import { withFlags } from './with-flags.ts'
import type { Beginning, FromWorker, ToWorker } from './worker-messages.ts'
import { createWorkersAdmin } from './workers-admin.ts'

/** What the primary keeps for its workers. */
type Primary = {
  readonly crew: Crew
  /** It has the level that the workers have. */
  readonly log: Logger
  readonly turns: ReloadTurns
  /** A worker saw a change. */
  readonly wantSoon: ReloadTurns['want']
  readonly alerts: GroupAlerts
  readonly store: Store
  readonly metrics: Question<MetricsData>
  readonly status: Question<StatusFacts>
  /** What all workers begin with, besides the file. */
  readonly beginning: Pick<Beginning, 'listen' | 'salt'>
  /** The version that each worker began with. */
  readonly beganWith: Map<number, string>
  /** `POST /drain` at one of them. */
  readonly onDrain: () => void
}

/** `outrigger serve --workers N`: processes that share the clients' port; this one starts them, and answers operators for all. */
export async function serveWithWorkers(options: ServeOptions, count: number): Promise<number> {
  const salt = newSalt()
  const loaded = withFlags(loadFile({ path: options.config, salt, processes: count }), options)
  if (!loaded.ok) {
    for (const problem of loaded.error) complain(formatProblem(problem))
    return exitCodes.config
  }
  const { config } = loaded.value
  const lines = bufferLines(writeLogTo(process.stdout))
  const log = createLog({ level: config.log.level, format: options.logFormat, write: lines.write })
  const ended = Promise.withResolvers<string | number>()
  const primary = createPrimary(loaded.value, { beginning: { listen: config.listen, salt }, count, log, end: ended.resolve })
  const { crew, turns } = primary
  crew.start()

  const admin = createWorkersAdmin({ ...primary, hosts: config.admin_hosts })
  const administering = await listenOn(admin, config.admin)
  if (!administering.ok) {
    complain(administering.error)
    ended.resolve(exitCodes.listen)
  }
  process.on('SIGHUP', () => turns.want('signal'))
  process.on('SIGUSR2', () => void restartAll(crew, log))
  void onceStopped().then(ended.resolve)
  const end = await ended.promise
  log.info({ reason: String(end), workers: crew.ready().length }, 'draining')
  await crew.drain()
  admin.close()
  admin.closeAllConnections()
  lines.flush()
  return typeof end === 'number' ? end : exitCodes.ok
}

type PrimaryOptions = Pick<Primary, 'beginning' | 'log'> & {
  readonly count: number
  readonly end: (why: string | number) => void
}

function createPrimary({ config, texts }: Loaded, { beginning, count, log, end }: PrimaryOptions): Primary {
  const find = (id: number): Member | undefined => primary.crew.ready().find((member) => member.id === id)
  const turns = createReloadTurns(
    { id: fileIdOf(config), texts },
    {
      give: (worker, turn) => find(worker)?.send({ kind: 'reload', turn }),
      tellTakenBack: (worker, id, reason) => find(worker)?.send({ kind: 'taken_back', id, reason }),
      after(ms, call) {
        const timer = setTimeout(call, ms)
        return () => clearTimeout(timer)
      },
      onSettled: () => log.info({ config: config.path, workers: primary.crew.ready().length }, 'all workers have the new file'),
      onTrouble: (what, worker) => log.error({ worker }, what),
    },
  )
  const primary: Primary = {
    log,
    crew: createCrew({
      log,
      count,
      hear: (member, message) => hear(member, message, primary),
      onReady(member) {
        // It may have been changed since this one began.
        member.send({ kind: 'log_level', level: log.level })
        turns.joined(member.id, primary.beganWith.get(member.id) ?? '')
        handOver(primary)
      },
      onLeft(member, why) {
        primary.beganWith.delete(member.id)
        turns.left(member.id, why)
        primary.alerts.left(member.id)
        handOver(primary)
        tellOthers(primary.crew, member, { kind: 'gone', worker: member.id })
      },
      onFailed: end,
    }),
    turns,
    wantSoon: gather(turns.want),
    alerts: createGroupAlerts(Date.now),
    store: createMemoryStore(Date.now),
    metrics: createQuestion('metrics'),
    status: createQuestion('status'),
    beginning,
    beganWith: new Map(),
    onDrain: () => end('POST /drain'),
  }
  return primary
}

const gatherMs = 100

/** All workers see a change of the file, within some milliseconds: it is read once for that. */
function gather(want: ReloadTurns['want']): ReloadTurns['want'] {
  let gathered: ReloadReason | undefined
  const tell = (): void => {
    const reason = gathered
    gathered = undefined
    if (reason !== undefined) want(reason)
  }
  return (reason) => {
    if (gathered === undefined) setTimeout(tell, gatherMs)
    gathered = gathered === undefined || gathered === 'start' ? reason : gathered
  }
}

/** Alerts that only a worker saw that is gone become another one's. */
function handOver({ crew, alerts }: Primary): void {
  const [heir] = crew.ready()
  for (const orphan of heir === undefined ? [] : alerts.adoptedBy(heir.id)) heir?.send({ kind: 'adopt_alert', orphan })
}

function hear(member: Member, message: FromWorker, primary: Primary): void {
  const { crew, log, turns, alerts, store, metrics, status } = primary
  switch (message.kind) {
    case 'begin':
      return begin(member, primary)
    case 'alert':
      if (alerts.isTold(member.id, message.news)) member.send({ kind: 'tell_alert', id: message.id })
      return
    case 'drain':
      return primary.onDrain()
    case 'log_level':
      log.level = message.level
      return
    case 'attempt':
    case 'counts':
    case 'probed':
      return tellOthers(crew, member, message)
    case 'use':
      return tellOthers(crew, member, { ...message, from: member.id })
    case 'reload_wanted':
      return primary.wantSoon(message.reason)
    case 'reloaded':
      return turns.done(member.id, message.end)
    case 'reload_kept':
      return turns.kept(member.id, message.id)
    case 'taken_back':
      return turns.takenBack(member.id, message.id, message.reason)
    case 'metrics':
      return metrics.answered(message.id, message.data)
    case 'status':
      return status.answered(message.id, message.facts)
    case 'draining':
      return member.send({ kind: 'released' })
    case 'ready':
      return
    default:
      void serveStore(store, message, member.send)
  }
}

function tellOthers(crew: Crew, member: Member, message: ToWorker): void {
  for (const other of crew.ready()) if (other !== member) other.send(message)
}

function begin(member: Member, { turns, beganWith, beginning, log }: Primary): void {
  const { version, avoid } = turns.startWith()
  beganWith.set(member.id, version.id)
  const own = { share: member.share, admin: `unix:${member.socket}`, logLevel: log.level }
  member.send({ kind: 'begin', ...beginning, ...own, texts: version.texts, avoid })
}

async function restartAll(crew: Crew, log: Logger): Promise<void> {
  log.info({ workers: crew.ready().length }, 'workers are replaced one after the other')
  if (await crew.restart()) log.info({ workers: crew.ready().length }, 'workers replaced')
}
