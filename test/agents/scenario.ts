/**
 * One agent, one task: scripted provider, relay and agent, all in one network namespace. Reads the scenario as JSON from its
 * argument and prints the report as JSON.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request as forward } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { listenLocally } from '../support/listen.ts'
import { startRelay } from '../support/relay-process.ts'
import { readBody, type Step, startScripted } from './scripted-provider.ts'

export type Scenario = {
  readonly family: 'anthropic' | 'gemini'
  /** The provider's model, which the relay routes `coder` to. */
  readonly target: string
  /** `{work}` in it is the folder that the agent works in. */
  readonly script: readonly Step[]
  /** Here, in `env` and in `files` `{relay}` is the relay's address, `{home}` the empty home, `{work}` the folder that the agent works in. */
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Files that are there before, by their path below `{home}` or `{work}`; `base64:` marks bytes. */
  readonly files: Readonly<Record<string, string>>
  /** Model names that the agent asks for. */
  readonly models: readonly string[]
}

export type Report = {
  readonly code: number | null
  readonly output: string
  /** `note.txt` in the folder that the agent worked in. */
  readonly note: string | undefined
  /** What the provider would have refused. */
  readonly problems: readonly string[]
  readonly images: readonly string[]
  readonly exchanges: readonly { readonly path: string; readonly status: number; readonly dropped: string }[]
  readonly requests: readonly unknown[]
}

async function main(scenario: Scenario): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-agent-'))
  const places = { home: join(folder, 'home'), work: join(folder, 'work') }
  for (const place of Object.values(places)) mkdirSync(place)
  const script: readonly Step[] = JSON.parse(JSON.stringify(scenario.script).replaceAll('{work}', places.work))
  const provider = await startScripted(scenario.family, script)
  const routes = scenario.models.map((name) => `  ${name}: { targets: [${scenario.target}] }`)
  const relay = await startRelay(
    [
      'version: 1',
      'providers:',
      `  ${scenario.family}: { api_key: scripted, base_url: "${provider.url}" }`,
      'models:',
      ...routes,
      'log: { level: warn }',
      '',
    ].join('\n'),
  )
  const recorder = await recordTo(relay.url)
  const fill = (text: string): string =>
    text.replaceAll('{relay}', recorder.url).replaceAll('{home}', places.home).replaceAll('{work}', places.work)
  for (const [path, content] of Object.entries(scenario.files)) {
    mkdirSync(dirname(fill(path)), { recursive: true })
    writeFileSync(fill(path), content.startsWith('base64:') ? Buffer.from(content.slice(7), 'base64') : fill(content))
  }
  const env = Object.fromEntries(Object.entries(scenario.env).map(([name, value]) => [name, fill(value)]))
  const { code, output } = await run(scenario.command.map(fill), {
    cwd: places.work,
    env: { HOME: places.home, PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`, ...env },
  })
  const note = join(places.work, 'note.txt')
  const report: Report = {
    code,
    output,
    note: existsSync(note) ? readFileSync(note, 'utf8') : undefined,
    problems: provider.problems,
    images: provider.images,
    exchanges: recorder.exchanges,
    requests: provider.requests,
  }
  recorder.close()
  await relay.stop()
  provider.close()
  rmSync(folder, { recursive: true, force: true })
  return report
}

type Recorder = { readonly url: string; readonly exchanges: Report['exchanges'][number][]; readonly close: () => void }

/** Stands between agent and relay and notes the status and what was dropped. */
async function recordTo(relay: string): Promise<Recorder> {
  const exchanges: Report['exchanges'][number][] = []
  const server = createServer((incoming, outgoing) => {
    void readBody(incoming).then((body) => {
      const { host: _host, ...headers } = incoming.headers
      const { method = 'GET', url: path = '/' } = incoming
      const call = forward(`${relay}${path}`, { method, headers }, (answer) => {
        const { statusCode: status = 502 } = answer
        exchanges.push({ path, status, dropped: String(answer.headers['x-outrigger-dropped'] ?? '') })
        outgoing.writeHead(status, answer.headers)
        answer.pipe(outgoing)
      })
      call.on('error', () => outgoing.destroy())
      call.end(body)
    })
  })
  const port = await listenLocally(server)
  return {
    url: `http://127.0.0.1:${port}`,
    exchanges,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function run(
  [program = '', ...args]: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    child.on('error', (error) => resolve({ code: null, output: `${output}\n${error}` }))
    child.on('close', (code) => resolve({ code, output }))
  })
}

if (process.argv[1] === import.meta.filename) {
  process.stdout.write(JSON.stringify(await main(JSON.parse(process.argv[2] ?? '{}'))))
}
