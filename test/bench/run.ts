/**
 * Compares the relay with nginx as a plain proxy and a bare Node proxy, in the same run, against the same upstream. The
 * relays run on one core, load and upstream on the other. Rounds are interleaved; medians are printed, with ratios.
 * Needs `nginx` and `wrk`. Usage: make bench [ARGS="--seconds 5 --rounds 3"]
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { writeNginx } from './nginx.ts'
import { cpuMicroseconds, rssMiB } from './process-cost.ts'

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
type Sample = {
  readonly perSecond: number
  readonly cpuMicroseconds: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly rssMiB: number
  readonly errors: number
}

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

async function report(scenario: 'whole' | 'stream', relays: readonly Relay[]): Promise<void> {
  const samples = new Map<string, Sample[]>(relays.map((relay) => [relay.name, []]))
  for (const relay of relays) measure(scenario, relay, 1)
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const relay of relays) samples.get(relay.name)?.push(measure(scenario, relay, Number(values.seconds)))
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

function measure(scenario: 'whole' | 'stream', relay: Relay, seconds: number): Sample {
  const script = join(folder, `${scenario}.lua`)
  const body = JSON.stringify({
    model: scenario,
    stream: scenario === 'stream',
    messages: [{ role: 'user', content: 'x'.repeat(1800) }],
  })
  writeFileSync(
    script,
    `wrk.method = "POST"\nwrk.body = '${body}'\nwrk.headers["Content-Type"] = "application/json"\n` +
      'done = function(summary, latency) io.write(string.format("RESULT %d %d %f %f %d\\n", summary.requests, summary.duration, latency:percentile(50)/1000, latency:percentile(99)/1000, summary.errors.status + summary.errors.read + summary.errors.connect + summary.errors.timeout)) end\n',
  )
  // The plain proxies have no routes: the path tells the upstream what to answer.
  const path =
    relay.name === 'outrigger'
      ? '/v1/chat/completions'
      : scenario === 'stream'
        ? '/stream/chat/completions'
        : '/v1/chat/completions'
  const pid = relay.process.pid ?? 0
  const before = cpuMicroseconds(pid)
  const output = execFileSync(
    'taskset',
    ['-c', '1', 'wrk', '-t1', `-c${values.connections}`, `-d${seconds}s`, '-s', script, `http://127.0.0.1:${relay.port}${path}`],
    { encoding: 'utf8' },
  )
  const used = cpuMicroseconds(pid) - before
  const [, requests, duration, p50, p99, errors] = (/RESULT (\d+) (\d+) (\S+) (\S+) (\d+)/.exec(output) ?? []).map(Number)
  if (requests === undefined || duration === undefined) throw new Error(`wrk said:\n${output}`)
  return {
    perSecond: requests / (duration / 1e6),
    cpuMicroseconds: used / requests,
    p50Ms: p50 ?? 0,
    p99Ms: p99 ?? 0,
    rssMiB: rssMiB(pid),
    errors: errors ?? 0,
  }
}

function medianOf(samples: readonly Sample[]): Sample {
  const median = (pick: (sample: Sample) => number): number =>
    samples.map(pick).sort((a, b) => a - b)[Math.floor(samples.length / 2)] ?? 0
  return {
    perSecond: median((sample) => sample.perSecond),
    cpuMicroseconds: median((sample) => sample.cpuMicroseconds),
    p50Ms: median((sample) => sample.p50Ms),
    p99Ms: median((sample) => sample.p99Ms),
    rssMiB: median((sample) => sample.rssMiB),
    errors: median((sample) => sample.errors),
  }
}

function run(core: string, program: string, args: readonly string[]): ChildProcess {
  const child = spawn('taskset', ['-c', core, program, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
  children.push(child)
  return child
}

async function answering(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    try {
      await fetch(`http://127.0.0.1:${port}/v1/models`)
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  throw new Error(`nothing answers on port ${port}`)
}

function requireTools(names: readonly string[]): void {
  for (const name of names) {
    try {
      execFileSync('which', [name])
    } catch {
      console.error(`the benchmark needs ${name} (a package of most distributions)`)
      process.exit(2)
    }
  }
}
