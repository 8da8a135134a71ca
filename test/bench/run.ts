/**
 * Compares the relay with nginx as a plain proxy and a bare Node proxy, in the same run, against the same upstream. The
 * relays run on one core, load and upstream on the other. Rounds are interleaved; medians are printed, with ratios.
 * Needs `nginx` and `wrk`. Usage: make bench [ARGS="--seconds 5 --rounds 3"]; `--write` writes docs/benchmarks.md and the
 * figures that `--check` holds later runs against.
 */
import { type ChildProcess, execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { answering, measure, medianOf, requireTools, runOn, type Sample, type Scenario } from './load.ts'
import { writeNginx } from './nginx.ts'
import { losses, type Table, textOf, write } from './report.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '64' },
    write: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
})
const ports = { upstream: 17180, proxy: 17181, bare: 17182, relay: 17183, admin: 17184 }
const folder = mkdtempSync(join(tmpdir(), 'outrigger-bench-'))
// nginx's workers run as another user.
chmodSync(folder, 0o755)
const bundle = join(import.meta.dirname, '../../dist/outrigger.cjs')

type Relay = { readonly name: string; readonly port: number; readonly process: ChildProcess }

requireTools(['nginx', 'wrk', 'taskset'])
execFileSync(process.execPath, [join(import.meta.dirname, '../../scripts/build.ts')], { stdio: ['ignore', 'ignore', 'inherit'] })
const children: ChildProcess[] = []
try {
  const relays = await startAll()
  const tables: Table[] = []
  for (const scenario of ['whole', 'large', 'translated', 'stream'] as const) {
    const table = play(scenario, relays)
    console.log(`\n${textOf(table)}`)
    tables.push(table)
  }
  if (values.write) write(tables, `${values.connections} connections, medians of ${values.rounds} rounds of ${values.seconds} s`)
  const worse = values.check ? losses(tables) : []
  for (const loss of worse) console.error(loss)
  if (worse.length > 0) process.exitCode = 1
} finally {
  for (const child of children) child.kill('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
}

async function startAll(): Promise<readonly Relay[]> {
  const conf = writeNginx(folder, ports)
  run('1', 'nginx', ['-c', conf.upstream, '-p', folder])
  const nginx = run('0', 'nginx', ['-c', conf.proxy, '-p', folder])
  const bare = run('0', process.execPath, [
    join(import.meta.dirname, 'bare-proxy.ts'),
    String(ports.bare),
    `http://127.0.0.1:${ports.upstream}`,
  ])
  const routing = join(folder, 'routing.yaml')
  const provider = (path: string): string =>
    `{ type: openai-compatible, api_key: k, base_url: "http://127.0.0.1:${ports.upstream}${path}" }`
  writeFileSync(
    routing,
    `version: 1\nproviders:\n  whole: ${provider('/v1')}\n  stream: ${provider('/stream')}\nmodels:\n  whole: { targets: [whole/bench] }\n  stream: { targets: [stream/bench] }\nhealth: { probe: off }\nlog: { level: info }\n`,
  )
  const flags = ['serve', '-c', routing, '--listen', `127.0.0.1:${ports.relay}`, '--admin', `127.0.0.1:${ports.admin}`]
  const relay = run('0', process.execPath, [bundle, ...flags])
  for (const port of [ports.upstream, ports.proxy, ports.bare, ports.relay]) await answering(port)
  return [
    { name: 'nginx', port: ports.proxy, process: nginx },
    { name: 'bare', port: ports.bare, process: bare },
    { name: 'outrigger', port: ports.relay, process: relay },
  ]
}

function play(scenario: Scenario, relays: readonly Relay[]): Table {
  const samples = new Map<string, Sample[]>(relays.map((relay) => [relay.name, []]))
  for (const relay of relays) loadOf(scenario, relay, 2)
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const relay of relays) samples.get(relay.name)?.push(loadOf(scenario, relay, Number(values.seconds)))
  }
  return { scenario, medians: new Map([...samples].map(([name, taken]) => [name, medianOf(taken)])) }
}

function run(core: '0' | '1', program: string, args: readonly string[]): ChildProcess {
  const child = runOn(core, program, args)
  children.push(child)
  return child
}

function loadOf(scenario: Scenario, relay: Relay, seconds: number): Sample {
  // The plain proxies have no routes: the path tells the upstream what to answer.
  const path =
    relay.name === 'outrigger'
      ? scenario === 'translated'
        ? '/v1/messages'
        : '/v1/chat/completions'
      : scenario === 'stream'
        ? '/stream/chat/completions'
        : '/v1/chat/completions'
  const url = `http://127.0.0.1:${relay.port}${path}`
  const pid = relay.process.pid ?? 0
  return measure({ folder, scenario, url, pid, connections: Number(values.connections), seconds })
}
