import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const main = join(import.meta.dirname, '../../cmd/outrigger/main.ts')

/** What runs the relay: the sources, or the executable that `OUTRIGGER_TEST_EXECUTABLE` names. */
const executable = process.env['OUTRIGGER_TEST_EXECUTABLE']
const usual = executable === undefined ? [process.execPath, main] : [executable]

export type RelayProcess = {
  /** The client port. */
  readonly url: string
  readonly adminUrl: string
  readonly configPath: string
  readonly process: ChildProcess
  /** Everything that it has logged. */
  readonly log: () => string
  /** Waits for words in the log, which is written some lines at a time; fails when they do not come. */
  readonly logged: (words: RegExp) => Promise<void>
  /** SIGTERM, and its exit code. */
  readonly stop: () => Promise<number | null>
}

/**
 * Runs the relay as users do, on free ports, with this routing file (without `listen` and `admin`).
 * `command` runs something else than the sources: the built executable.
 */
export async function startRelay(
  yaml: string,
  options: { readonly command?: readonly string[]; readonly args?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<RelayProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-'))
  const configPath = join(folder, 'routing.yaml')
  writeFileSync(configPath, yaml)
  const [listen, admin] = await freePorts(2)
  const [program = process.execPath, ...before] = options.command ?? usual
  const flags = [
    'serve',
    '-c',
    configPath,
    '--listen',
    `127.0.0.1:${listen}`,
    '--admin',
    `127.0.0.1:${admin}`,
    ...(options.args ?? []),
  ]
  const child = spawn(program, [...before, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
  })
  let log = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  const relay = { url: `http://127.0.0.1:${listen}`, adminUrl: `http://127.0.0.1:${admin}` }
  if (!(await becomesReady(`${relay.adminUrl}/readyz`, exited))) {
    child.kill('SIGKILL')
    throw new Error(`the relay did not start:\n${log}`)
  }
  return {
    ...relay,
    configPath,
    process: child,
    log: () => log,
    async logged(words) {
      for (let waitedMs = 0; waitedMs < 5000 && !words.test(log); waitedMs += 10) await sleep(10)
      assert.match(log, words)
    },
    async stop() {
      child.kill('SIGTERM')
      const code = await exited
      rmSync(folder, { recursive: true, force: true })
      return code
    },
  }
}

async function becomesReady(url: string, exited: Promise<number | null>): Promise<boolean> {
  let ended = false
  void exited.then(() => {
    ended = true
  })
  for (let waited = 0; waited < 15_000 && !ended; waited += 25) {
    try {
      if ((await fetch(url)).ok) return true
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  return false
}

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = []
  while (ports.length < count) {
    const port = nextPort()
    if (await isFree(port)) ports.push(port)
  }
  return ports
}

// Below what systems give to connections (32768 and up): one of those may take a port between the look at it and its use.
const lowestPort = 10_000
const highestPort = 32_000
// Files run at the same time: each process begins elsewhere, so that two do not find the same port free.
const perProcess = 50
let triedPorts = process.pid * perProcess

function nextPort(): number {
  return lowestPort + (triedPorts++ % (highestPort - lowestPort))
}

function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
