/**
 * What telemetry costs: the CPU of a request with metrics, log and traces, each added to the one before. Rounds are
 * interleaved; medians are printed, and of what telemetry adds the median of the rounds' own ratios; then
 * what each part takes by itself. Needs `nginx` and `wrk`; takes ten minutes.
 * Usage: make bench-telemetry [ARGS="--processes 3 --rounds 5 --relays 'off,metrics,+ log'"]
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { freePorts } from '../support/relay-process.ts'
import { type Bench, listening, openBench, requireTools } from './bench.ts'
import { measureAll, medianOf, type Sample, warmUp } from './load.ts'
import { askOf, routingOf, runOutrigger } from './relays/outrigger.ts'
import type { Relay, Upstream } from './relays/relay.ts'
import { timesCpu } from './rounds.ts'
import { type Scenario, scenarios, targetOf } from './sections/questions.ts'
import { startUpstream } from './sections/upstream.ts'
import { positive, readSettings, settingOptions } from './settings.ts'
import { textOf } from './table.ts'
import { measureAlone } from './telemetry-alone.ts'

const { values } = parseArgs({
  options: {
    ...settingOptions,
    seconds: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '5' },
    processes: { type: 'string', default: '3' },
  },
})
const settings = readSettings(values)
const processes = positive('processes', values.processes)

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
  { name: '+ traces 1 %', metrics: true, level: 'info', sample: 0.01 },
  { name: '+ traces 10 %', metrics: true, level: 'info', sample: 0.1 },
  { name: '+ all traces', metrics: true, level: 'info', sample: 1 },
]

const here = import.meta.dirname
const asked = scenarios.filter(({ name }) => name === 'whole' || name === 'stream')

requireTools(['nginx', 'wrk', 'taskset'])
const wanted = variants.filter(({ name }) => settings.relays?.includes(name) ?? true)
const shown = new Map(asked.map(({ name }) => [name, new Map<string, Sample[]>()]))
for (let of = 0; of < processes; of++) await measureOnce()
reportAlone(asked.map((scenario) => report(scenario, shown.get(scenario.name) ?? new Map()))[0])

/** Each variant as a new process: two processes of the same program differ by a tenth, by what their compilers made of it. */
async function measureOnce(): Promise<void> {
  const bench = openBench(settings)
  try {
    const upstream = await startUpstream(bench)
    const collector = await startCollector(bench)
    const relays: Relay[] = []
    for (const variant of wanted) relays.push(await startRelay(bench, variant, upstream, collector))
    for (const scenario of asked) {
      const targets = relays.flatMap((relay) => {
        const target = targetOf(relay, scenario)
        return target === undefined ? [] : [{ name: relay.name, target }]
      })
      await warmUp(bench, targets)
      for (const { name, rounds } of await measureAll(bench, targets)) keep(scenario, name, rounds)
    }
  } finally {
    await bench.close()
  }
}

function keep({ name }: Scenario, variant: string, rounds: readonly Sample[]): void {
  const samples = shown.get(name)
  samples?.set(variant, [...(samples.get(variant) ?? []), ...rounds])
}

async function startCollector({ run }: Bench): Promise<number> {
  const [port = 0] = await freePorts(1)
  const sink = run({ core: '1', command: process.execPath, args: [join(here, 'programs/sink.ts'), String(port)] })
  await listening(sink, port)
  return port
}

async function startRelay(
  bench: Bench,
  { name, metrics, level, sample }: Variant,
  upstream: Upstream,
  collector: number,
): Promise<Relay> {
  const telemetry = sample === 0 ? '' : `telemetry: { otlp: "http://127.0.0.1:${collector}", sample: ${sample} }\n`
  const routing = routingOf(upstream, `log: { level: ${level} }\n${telemetry}`)
  const flags = metrics ? [] : ['--import', join(here, 'programs/mute-metrics.ts')]
  const { running, port } = await runOutrigger(bench, { form: 'source', routing, flags })
  const startMs = await listening(running, port)
  return { name, pid: running.pid, startMs, ask: askOf(port) }
}

/** Gives what a request takes without telemetry, in microseconds. */
function report({ title }: Scenario, samples: ReadonlyMap<string, readonly Sample[]>): number {
  const off = [...samples.values()][0] ?? []
  const table = {
    title: `${title}: ${settings.connections} connections, ${processes} processes each, ${settings.rounds} rounds of ${settings.seconds} s, medians`,
    columns: [
      { heading: 'requests/s', digits: 0 },
      { heading: 'CPU µs/request', digits: 1 },
      { heading: 'more %', digits: 1 },
      { heading: 'p99 ms', digits: 2 },
      { heading: 'RSS MiB', digits: 0 },
      { heading: 'errors', digits: 0 },
    ],
    rows: [...samples].map(([name, rounds]) => {
      const { perSecond, cpuMicroseconds, p99Ms, rssMiB, errors } = medianOf(rounds)
      return { name, figures: [perSecond, cpuMicroseconds, 100 * (timesCpu(rounds, off) - 1), p99Ms, rssMiB, errors] }
    }),
  }
  console.log(`\n${textOf(table)}`)
  return medianOf(off).cpuMicroseconds
}

function reportAlone(off: number | undefined): void {
  const rows = measureAlone().map(({ name, microseconds }) => ({
    name,
    figures: [microseconds, off === undefined ? undefined : (100 * microseconds) / off],
  }))
  const columns = [
    { heading: 'CPU µs/request', digits: 2 },
    { heading: '% of a whole request', digits: 1 },
  ]
  console.log(`\n${textOf({ title: 'Each part by itself, in a loop: the least of 30 tries', columns, rows })}`)
}
