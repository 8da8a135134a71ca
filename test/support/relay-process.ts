import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const main = join(import.meta.dirname, '../../cmd/outrigger/main.ts')

export type RelayProcess = {
  /** The client port. */
  readonly url: string
  readonly adminUrl: string
  readonly configPath: string
  readonly process: ChildProcess
  /** Everything that it has logged. */
  readonly log: () => string
  /** SIGTERM, and its exit code. */
  readonly stop: () => Promise<number | null>
}

/**
 * Runs the relay as users do, on free ports, with this routing file (without `listen` and `admin`).
 * `command` runs something else than the sources: the built executable.
 */
export async function startRelay(yaml: string, options: { readonly command?: readonly string[]; readonly args?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {}): Promise<RelayProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-'))
  const configPath = join(folder, 'routing.yaml')
  writeFileSync(configPath, yaml)
  const [program = process.execPath, ...before] = options.command ?? [process.execPath, main]
  const flags = ['serve', '-c', configPath, '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0', ...(options.args ?? [])]
  const child = spawn(program, [...before, ...flags], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.env } })
  let log = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  const ready = await waitFor(() => /"listen":"([^"]+)","admin":"([^"]+)"/.exec(log), exited, () => log)
  return {
    url: `http://${ready[1]}`,
    adminUrl: `http://${ready[2]}`,
    configPath,
    process: child,
    log: () => log,
    async stop() {
      child.kill('SIGTERM')
      const code = await exited
      rmSync(folder, { recursive: true, force: true })
      return code
    },
  }
}

async function waitFor(find: () => RegExpExecArray | null, exited: Promise<number | null>, log: () => string): Promise<RegExpExecArray> {
  let code: number | null | undefined
  void exited.then((exitCode) => {
    code = exitCode
  })
  for (let waited = 0; waited < 15_000; waited += 20) {
    const found = find()
    if (found !== null) return found
    if (code !== undefined) throw new Error(`the relay ended with ${code}:\n${log()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`the relay did not start:\n${log()}`)
}
