import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Settings } from './settings.ts'

/** Relays run on core 0, load and upstreams on core 1. */
export type Core = '0' | '1'

export type Program = {
  readonly core: Core
  readonly command: string
  readonly args: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  /** Standard output comes back line by line instead of going nowhere. */
  readonly onLine?: (line: string) => void
}

export type Running = {
  readonly pid: number
  readonly process: ChildProcess
  /** The end of what it wrote to standard error. */
  readonly complaints: () => string
}

/** What one table works with: a folder, and programs that end with it. */
export type Bench = {
  readonly settings: Settings
  readonly folder: string
  readonly run: (program: Program) => Running
  readonly close: () => Promise<void>
}

export function openBench(settings: Settings): Bench {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-bench-'))
  // nginx's workers run as another user.
  chmodSync(folder, 0o755)
  const all: Running[] = []
  return {
    settings,
    folder,
    run(program) {
      const running = start(program, join(folder, `stderr-${all.length}`))
      all.push(running)
      return running
    },
    async close() {
      await Promise.all(all.map(({ process }) => end(process)))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function start({ core, command, args, env, onLine }: Program, errors: string): Running {
  const child = spawn('taskset', ['-c', core, command, ...args], {
    stdio: ['ignore', onLine === undefined ? 'ignore' : 'pipe', openSync(errors, 'w')],
    env: { ...process.env, ...env },
  })
  if (onLine !== undefined) tellLines(child, onLine)
  return { pid: child.pid ?? 0, process: child, complaints: () => readFileSync(errors, 'utf8').slice(-2000) }
}

function tellLines(child: ChildProcess, onLine: (line: string) => void): void {
  let rest = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  })
}

/** Asks it to end, and makes it end when it does not listen. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
  await gone
  clearTimeout(timer)
}

/** Waits until the program takes connections there; gives the milliseconds that it took. Throws with its last words when it ends before. */
export async function listening(running: Running, port: number, patienceMs = 15_000): Promise<number> {
  const startedMs = performance.now()
  while (performance.now() - startedMs < patienceMs) {
    if (await takesConnections(port)) return performance.now() - startedMs
    if (running.process.exitCode !== null) throw new Error(`it ended: ${running.complaints()}`)
    await sleep(2)
  }
  throw new Error(`nothing listens on port ${port} after ${patienceMs / 1000} s: ${running.complaints()}`)
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const tell = (taken: boolean) => (): void => {
      socket.destroy()
      resolve(taken)
    }
    socket.once('connect', tell(true)).once('error', tell(false))
  })
}

/** Ends this process when a program is missing. */
export function requireTools(names: readonly string[]): void {
  for (const name of names) {
    if (hasTool(name)) continue
    console.error(`the benchmark needs ${name} (a package of most distributions)`)
    process.exit(2)
  }
}

export function hasTool(name: string): boolean {
  try {
    execFileSync('which', [name], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
