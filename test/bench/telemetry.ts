/**
 * What telemetry costs: the CPU of a request with metrics, log and traces, each added to the one before. Each has processes of its own, since
 * what V8 has compiled for a process that was without telemetry does not fit one that is with it. All are asked in turns, round after round;
 * medians are printed, and of what telemetry adds the median of the rounds' own ratios; then what each part takes by itself. Needs `nginx` and
 * `wrk`; takes some ten minutes.
 * Usage: make bench-telemetry [ARGS="--processes 3 --rounds 10 --relays 'off,metrics,+ log'"]
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { freePorts } from '../support/relay-process.ts'
import { listening, openBench, requireTools } from './bench.ts'
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
    rounds: { type: 'string', default: '10' },
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
const bench = openBench(settings)
try {
  const off: number[] = []
  const upstream = await startUpstream(bench)
  const relays = await startRelays(upstream, await startCollector())
  for (const scenario of asked) off.push(report(scenario, await measureVariants(scenario, relays)))
  reportAlone(off[0])
} finally {
  await bench.close()
}

type Variants = readonly { readonly variant: string; readonly relay: Relay }[]

/** The rounds of each variant, those of its processes one after the other. */
async function measureVariants(scenario: Scenario, relays: Variants): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const targets = relays.flatMap(({ variant, relay }) => {
    const target = targetOf(relay, scenario)
    return target === undefined ? [] : [{ name: variant, target }]
  })
  await warmUp(bench, targets)
  const shown = new Map<string, readonly Sample[]>()
  for (const { name, rounds } of await measureAll(bench, targets)) shown.set(name, [...(shown.get(name) ?? []), ...rounds])
  return shown
}

async function startRelays(upstream: Upstream, collector: number): Promise<Variants> {
  const started: { readonly variant: string; readonly relay: Relay }[] = []
  for (let number = 0; number < processes; number++)
    for (const variant of wanted) started.push({ variant: variant.name, relay: await startRelay(variant, upstream, collector) })
  return started
}

async function startCollector(): Promise<number> {
  const [port = 0] = await freePorts(1)
  const sink = bench.run({ core: '1', command: process.execPath, args: [join(here, 'programs/sink.ts'), String(port)] })
  await listening(sink, port)
  return port
}

async function startRelay(variant: Variant, upstream: Upstream, collector: number): Promise<Relay> {
  const { level, sample, metrics } = variant
  const telemetry = sample === 0 ? '' : `telemetry: { otlp: "http://127.0.0.1:${collector}", sample: ${sample} }\n`
  const routing = routingOf(upstream, `log: { level: ${level} }\n${telemetry}`)
  const flags = metrics ? [] : ['--import', join(here, 'programs/no-metrics.ts')]
  const { running, port } = await runOutrigger(bench, { form: 'source', routing, flags })
  const startMs = await listening(running, port)
  return { name: 'outrigger', pid: running.pid, startMs, ask: askOf(port) }
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
      { heading: 'quickest quarter: CPU', digits: 1 },
      { heading: 'more %', digits: 1 },
      { heading: 'p99 ms', digits: 2 },
      { heading: 'RSS MiB', digits: 0 },
      { heading: 'errors', digits: 0 },
    ],
    rows: [...samples].map(([name, rounds]) => {
      const { perSecond, cpuMicroseconds, p99Ms, rssMiB, errors } = medianOf(rounds)
      const quick = quickest(rounds)
      const more = [100 * (timesCpu(rounds, off) - 1), quick, 100 * (quick / quickest(off) - 1)]
      return { name, figures: [perSecond, cpuMicroseconds, ...more, p99Ms, rssMiB, errors] }
    }),
  }
  console.log(`\n${textOf(table)}`)
  return medianOf(off).cpuMicroseconds
}

/** The mean of the quickest quarter of the rounds: what else the machine does makes a round slower, never quicker. */
function quickest(rounds: readonly Sample[]): number {
  const sorted = rounds.map(({ cpuMicroseconds }) => cpuMicroseconds).toSorted((one, other) => one - other)
  const quarter = sorted.slice(0, Math.ceil(sorted.length / 4))
  return quarter.reduce((sum, each) => sum + each, 0) / quarter.length
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
