import cluster, { type Worker as Process } from 'node:cluster'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isSea } from 'node:sea'
import type { Logger } from '#telemetry/log.ts'
import { exitCodes } from './exit.ts'
import type { GroupShare } from './group-share.ts'
import { watchHandedOver } from './handed-over.ts'
import type { Leaving } from './reload-turns.ts'
import { workerVariable } from './worker.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'

/** A worker as the primary knows it. */
export type Member = {
  readonly id: number
  /** Its part of what the group may have is that of the one whose place it took. */
  readonly share: GroupShare
  /** Where its operators' port is. */
  readonly socket: string
  /** Whether it takes requests. */
  readonly isReady: () => boolean
  readonly send: (message: ToWorker) => void
}

export type CrewOptions = {
  readonly log: Logger
  /** How many there are to be. */
  readonly count: number
  readonly hear: (member: Member, message: FromWorker) => void
  readonly onReady: (member: Member) => void
  /** It takes no new requests, or is gone; said once each. */
  readonly onLeft: (member: Member, why: Leaving) => void
  /** No worker can start: with the exit code of one. */
  readonly onFailed: (code: number) => void
}

/** The worker processes: one that ends is replaced. */
export type Crew = {
  /** Those that take requests; the longest there comes first. */
  readonly ready: () => readonly Member[]
  /** Starts all of them. */
  readonly start: () => void
  /** Replaces one after the other, each when its successor is ready. False while that is under way already. */
  readonly restart: () => Promise<boolean>
  /** Ends them, when their requests have ended. */
  readonly drain: () => Promise<void>
  readonly isDraining: () => boolean
}

type Worker = Member & {
  readonly process: Process
  readonly startedMs: number
  readonly ended: Promise<void>
  /** Resolves when it takes requests; false: it ended before. */
  readonly begun: PromiseWithResolvers<boolean>
  state: 'starting' | 'ready' | 'draining'
  /** Nobody is to be started in its place: somebody has been, or it stands beside the one whose place it is to take. */
  isReplaced: boolean
}

type State = { readonly workers: Map<number, Worker>; isDraining: boolean; isRestarting: boolean; started: number }

// A worker that dies sooner than this after its start would die again at once.
const soonMs = 1000
// One that is told to end is replaced then, unless all of them are.
const replaceAfterMs = 500

export function createCrew(options: CrewOptions): Crew {
  const state: State = { workers: new Map(), isDraining: false, isRestarting: false, started: 0 }
  const [exec = 'serve', ...args] = isSea() ? process.argv.slice(2) : process.argv.slice(1)
  // Flags that the executable has inside are its workers' as well; on their command line they would be unknown.
  cluster.setupPrimary({ exec, args, ...(isSea() ? { execArgv: [] } : {}) })
  return {
    ready: () => [...state.workers.values()].filter((worker) => worker.isReady()),
    start() {
      for (let index = 0; index < options.count; index++) start(state, options, index)
    },
    restart: () => restart(state, options),
    isDraining: () => state.isDraining,
    async drain() {
      state.isDraining = true
      const workers = [...state.workers.values()]
      for (const worker of workers) worker.process.process.kill('SIGTERM')
      await Promise.all(workers.map(({ ended }) => ended))
    },
  }
}

function start(state: State, options: CrewOptions, index: number): Worker {
  const socket = join(tmpdir(), `outrigger-${process.pid}-${++state.started}.sock`)
  const forked = cluster.fork({ [workerVariable]: 'true' })
  const worker: Worker = {
    id: forked.id,
    share: { index, of: options.count },
    process: forked,
    socket,
    startedMs: performance.now(),
    ended: new Promise((resolve) => forked.once('exit', () => resolve())),
    begun: Promise.withResolvers(),
    state: 'starting',
    isReplaced: false,
    isReady: () => worker.state === 'ready' && forked.isConnected(),
    send: (message) => void (forked.isConnected() && forked.send(message)),
  }
  state.workers.set(worker.id, worker)
  const closeLost = watchHandedOver(forked.process)
  forked.on('message', (message: FromWorker) => {
    options.hear(worker, message)
    if (message.kind === 'draining') leave(state, worker, options)
    if (message.kind !== 'ready') return
    worker.state = 'ready'
    worker.begun.resolve(true)
    options.onReady(worker)
  })
  // What is on its way to a worker that was killed cannot be written; unheard, this would end all of them. Its exit is told next.
  forked.on('error', (error) => options.log.warn({ worker: worker.id, err: error }, 'a message to a worker was lost'))
  forked.on('exit', (code, signal) => {
    rmSync(socket, { force: true })
    // One that drained has given back what came too late.
    if (worker.state !== 'draining') closeLost()
    end(state, worker, { code, signal }, options)
  })
  return worker
}

/** It drains, all by itself or with the others. */
function leave(state: State, worker: Worker, options: CrewOptions): void {
  worker.state = 'draining'
  options.onLeft(worker, 'drains')
  if (state.isDraining || worker.isReplaced) return
  worker.isReplaced = true
  // A supervisor may tell all processes to end, some of them before this one.
  startLater(state, replaceAfterMs, options, worker)
}

function startLater(state: State, ms: number, options: CrewOptions, { share }: Worker): void {
  setTimeout(() => {
    if (!state.isDraining) start(state, options, share.index)
  }, ms).unref()
}

type Exit = { readonly code: number | undefined; readonly signal: string | undefined }

function end(state: State, worker: Worker, { code, signal }: Exit, options: CrewOptions): void {
  state.workers.delete(worker.id)
  worker.begun.resolve(false)
  options.onLeft(worker, worker.state === 'draining' ? 'drains' : 'died')
  if (state.isDraining || worker.isReplaced) return
  options.log.error({ worker: worker.id, code, signal }, 'worker ended, another one takes its place')
  const isHopeless = worker.state === 'starting' && performance.now() - worker.startedMs < soonMs
  if (!isHopeless) return void start(state, options, worker.share.index)
  // One that cannot start at all tells why by its exit code; those that never served share its fate.
  if (![...state.workers.values()].some((other) => other.isReady())) return options.onFailed(code ?? exitCodes.failed)
  startLater(state, soonMs, options, worker)
}

async function restart(state: State, options: CrewOptions): Promise<boolean> {
  if (state.isRestarting || state.isDraining) return false
  state.isRestarting = true
  for (const old of [...state.workers.values()]) if (!(await replace(state, old, options))) break
  state.isRestarting = false
  return true
}

/** False when nobody can take its place. */
async function replace(state: State, old: Worker, options: CrewOptions): Promise<boolean> {
  if (state.isDraining || old.isReplaced || !state.workers.has(old.id)) return !state.isDraining
  old.isReplaced = true
  const next = start(state, options, old.share.index)
  next.isReplaced = true
  const isReady = await next.begun.promise
  if (state.isDraining) return false
  if (isReady) {
    next.isReplaced = false
    old.process.process.kill('SIGTERM')
    await old.ended
    return true
  }
  options.log.error({ worker: next.id }, 'the new worker does not start: the old ones stay')
  old.isReplaced = false
  // It may have ended meanwhile.
  if (!state.workers.has(old.id)) start(state, options, old.share.index)
  return false
}
