/**
 * What telemetry costs: the CPU of a request with metrics, log and traces, each added to the one before. Rounds are
 * interleaved; medians are printed. Needs `nginx` and `wrk`. Usage: make bench-telemetry [ARGS="--seconds 4 --rounds 5"]
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
    rounds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '64' },
  },
})

type Variant = {
  readonly name: string
  readonly metrics: boolean
  readonly level: 'info' | 'error'
  /** The share of requests that is traced; 0: traces are off. */
  readonly sample: number
}

const variants: readonly Variant[] = [
  { name: 'off', metrics: false, level: 'error', sample: 0 },
  { name: 'metrics', metrics: true, level: 'error', sample: 0 },
  { name: '+ log', metrics: true, level: 'info', sample: 0 },
  { name: '+ traces, 1 %', metrics: true, level: 'info', sample: 0.01 },
  { name: '+ traces, 10 %', metrics: true, level: 'info', sample: 0.1 },
  { name: '+ traces, all', metrics: true, level: 'info', sample: 1 },
]

const ports = { upstream: 17280, proxy: 17281, collector: 17282, first: 17290 }
const folder = mkdtempSync(join(tmpdir(), 'outrigger-bench-'))
// nginx's workers run as another user.
chmodSync(folder, 0o755)
const here = import.meta.dirname
const main = join(here, '../../cmd/outrigger/main.ts')
const children: ChildProcess[] = []

requireTools(['nginx', 'wrk', 'taskset'])
try {
  const relays = await startAll()
  for (const scenario of ['whole', 'stream'] as const) report(scenario, relays)
} finally {
  for (const child of children) child.kill('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
}

type Relay = { readonly name: string; readonly url: string; readonly pid: number }

async function startAll(): Promise<readonly Relay[]> {
  children.push(runOn('1', 'nginx', ['-c', writeNginx(folder, ports).upstream, '-p', folder]))
  children.push(runOn('1', process.execPath, [join(here, 'sink.ts'), String(ports.collector)]))
  await Promise.all([answering(ports.upstream), answering(ports.collector)])
  const relays: Relay[] = []
  for (const [index, variant] of variants.entries()) relays.push(await startRelay(variant, ports.first + 2 * index))
  return relays
}

async function startRelay({ name, metrics, level, sample }: Variant, port: number): Promise<Relay> {
  const routing = join(folder, `${port}.yaml`)
  const provider = (path: string): string =>
    `{ type: openai-compatible, api_key: k, base_url: "http://127.0.0.1:${ports.upstream}${path}" }`
  const telemetry = sample === 0 ? '' : `telemetry: { otlp: "http://127.0.0.1:${ports.collector}", sample: ${sample} }\n`
  writeFileSync(
    routing,
    `version: 1\nproviders:\n  whole: ${provider('/v1')}\n  stream: ${provider('/stream')}\nmodels:\n  whole: { targets: [whole/bench] }\n  stream: { targets: [stream/bench] }\nhealth: { probe: off }\nlog: { level: ${level} }\n${telemetry}`,
  )
  const mute = metrics ? [] : ['--import', join(here, 'mute-metrics.ts')]
  const flags = ['serve', '-c', routing, '--listen', `127.0.0.1:${port}`, '--admin', `127.0.0.1:${port + 1}`]
  const child = runOn('0', process.execPath, [...mute, main, ...flags])
  children.push(child)
  await answering(port)
  return { name, url: `http://127.0.0.1:${port}/v1/chat/completions`, pid: child.pid ?? 0 }
}

function report(scenario: Scenario, relays: readonly Relay[]): void {
  const samples = new Map<string, Sample[]>(relays.map(({ name }) => [name, []]))
  const load = ({ url, pid }: Relay, seconds: number): Sample =>
    measure({ folder, scenario, url, pid, connections: Number(values.connections), seconds })
  for (const relay of relays) load(relay, 2)
  for (let round = 0; round < Number(values.rounds); round++)
    for (const relay of relays) samples.get(relay.name)?.push(load(relay, Number(values.seconds)))
  const medians = new Map([...samples].map(([name, taken]) => [name, medianOf(taken)]))
  const off = medians.get('off')?.cpuMicroseconds ?? Number.NaN
  console.log(`\n${scenario}: ${values.connections} connections, ${values.rounds} rounds of ${values.seconds} s, medians`)
  console.log('telemetry        requests/s  CPU µs/request   more   p99 ms  RSS MiB  errors')
  for (const [name, sample] of medians)
    console.log(
      [
        name.padEnd(15),
        sample.perSecond.toFixed(0).padStart(11),
        sample.cpuMicroseconds.toFixed(1).padStart(15),
        `${((sample.cpuMicroseconds / off - 1) * 100).toFixed(1)} %`.padStart(7),
        sample.p99Ms.toFixed(2).padStart(7),
        sample.rssMiB.toFixed(0).padStart(8),
        String(sample.errors).padStart(7),
      ].join(' '),
    )
}
