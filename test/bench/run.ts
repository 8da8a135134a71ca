/**
 * Compares the relay with nginx as a plain proxy and a bare Node proxy, in the same run, against the same upstream. The
 * relays run on one core, load and upstream on the other. Rounds are interleaved; medians are printed, with ratios.
 * Needs `nginx` and `wrk`. Usage: make bench [ARGS="--seconds 5 --rounds 3"]
 */
import type { ChildProcess } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { answering, measure, medianOf, requireTools, runOn, type Sample, type Scenario } from './load.ts'
import { writeNginx } from './nginx.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '64' },
  },
})
const ports = { upstream: 17180, proxy: 17181, bare: 17182, relay: 17183, admin: 17184 }
const folder = mkdtempSync(join(tmpdir(), 'outrigger-bench-'))
// nginx's workers run as another user.
chmodSync(folder, 0o755)
const root = join(import.meta.dirname, '../..')

type Relay = { readonly name: string; readonly port: number; readonly process: ChildProcess }

requireTools(['nginx', 'wrk', 'taskset'])
const children: ChildProcess[] = []
try {
  const relays = await startAll()
  for (const scenario of ['whole', 'stream'] as const) await report(scenario, relays)
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
  const relay = run('0', process.execPath, [join(root, 'cmd/outrigger/main.ts'), ...flags])
  for (const port of [ports.upstream, ports.proxy, ports.bare, ports.relay]) await answering(port)
  return [
    { name: 'nginx', port: ports.proxy, process: nginx },
    { name: 'bare', port: ports.bare, process: bare },
    { name: 'outrigger', port: ports.relay, process: relay },
  ]
}

async function report(scenario: Scenario, relays: readonly Relay[]): Promise<void> {
  const samples = new Map<string, Sample[]>(relays.map((relay) => [relay.name, []]))
  for (const relay of relays) loadOf(scenario, relay, 1)
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const relay of relays) samples.get(relay.name)?.push(loadOf(scenario, relay, Number(values.seconds)))
  }
  const medians = new Map([...samples].map(([name, taken]) => [name, medianOf(taken)]))
  const nginx = medians.get('nginx')
  const bare = medians.get('bare')
  console.log(`\n${scenario}: ${values.connections} connections, ${values.rounds} rounds of ${values.seconds} s, medians`)
  console.log('relay       requests/s  CPU µs/request  × nginx  × bare   p50 ms   p99 ms  RSS MiB  errors')
  for (const [name, sample] of medians) {
    console.log(
      [
        name.padEnd(10),
        sample.perSecond.toFixed(0).padStart(11),
        sample.cpuMicroseconds.toFixed(1).padStart(15),
        (sample.cpuMicroseconds / (nginx?.cpuMicroseconds ?? Number.NaN)).toFixed(2).padStart(8),
        (sample.cpuMicroseconds / (bare?.cpuMicroseconds ?? Number.NaN)).toFixed(2).padStart(7),
        sample.p50Ms.toFixed(2).padStart(8),
        sample.p99Ms.toFixed(2).padStart(8),
        sample.rssMiB.toFixed(0).padStart(8),
        String(sample.errors).padStart(7),
      ].join(' '),
    )
  }
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
      ? '/v1/chat/completions'
      : scenario === 'stream'
        ? '/stream/chat/completions'
        : '/v1/chat/completions'
  const url = `http://127.0.0.1:${relay.port}${path}`
  const pid = relay.process.pid ?? 0
  return measure({ folder, scenario, url, pid, connections: Number(values.connections), seconds })
}
