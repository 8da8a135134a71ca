/**
 * What telemetry costs: the CPU of a request with metrics, log and traces, each added to the one before. Rounds are
 * interleaved; medians are printed, and of what telemetry adds the median of the rounds' own ratios; then
 * what each part takes by itself. Needs `nginx` and `wrk`.
 * Usage: make bench-telemetry [ARGS="--seconds 4 --rounds 5 --relays 'off,metrics,+ log'"]
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { freePorts } from '../support/relay-process.ts'
import { type Bench, listening, openBench, requireTools } from './bench.ts'
import { measureAll, warmUp } from './load.ts'
import { askOf, routingOf, runOutrigger } from './relays/outrigger.ts'
import type { Relay, Upstream } from './relays/relay.ts'
import { timesCpu } from './rounds.ts'
import { type Scenario, scenarios, targetOf } from './sections/questions.ts'
import { startUpstream } from './sections/upstream.ts'
import { readSettings, settingOptions } from './settings.ts'
import { textOf } from './table.ts'
import { measureAlone } from './telemetry-alone.ts'

const { values } = parseArgs({
  options: { ...settingOptions, seconds: { type: 'string', default: '4' }, rounds: { type: 'string', default: '5' } },
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
  { name: '+ traces 1 %', metrics: true, level: 'info', sample: 0.01 },
  { name: '+ traces 10 %', metrics: true, level: 'info', sample: 0.1 },
  { name: '+ all traces', metrics: true, level: 'info', sample: 1 },
]

const here = import.meta.dirname

requireTools(['nginx', 'wrk', 'taskset'])
const bench = openBench(readSettings(values))
try {
  const upstream = await startUpstream(bench)
  const collector = await startCollector(bench)
  const relays: Relay[] = []
  const { relays: wanted } = bench.settings
  for (const variant of variants.filter(({ name }) => wanted?.includes(name) ?? true))
    relays.push(await startRelay(variant, upstream, collector))
  const off = new Map<string, number>()
  for (const scenario of scenarios) {
    if (scenario.name === 'whole' || scenario.name === 'stream') off.set(scenario.name, await report(scenario, relays))
  }
  reportAlone(off.get('whole'))
} finally {
  await bench.close()
}

async function startCollector({ run }: Bench): Promise<number> {
  const [port = 0] = await freePorts(1)
  const sink = run({ core: '1', command: process.execPath, args: [join(here, 'programs/sink.ts'), String(port)] })
  await listening(sink, port)
  return port
}

async function startRelay({ name, metrics, level, sample }: Variant, upstream: Upstream, collector: number): Promise<Relay> {
  const telemetry = sample === 0 ? '' : `telemetry: { otlp: "http://127.0.0.1:${collector}", sample: ${sample} }\n`
  const routing = routingOf(upstream, `log: { level: ${level} }\n${telemetry}`)
  const flags = metrics ? [] : ['--import', join(here, 'programs/mute-metrics.ts')]
  const { running, port } = await runOutrigger(bench, { form: 'source', routing, flags })
  const startMs = await listening(running, port)
  return { name, pid: running.pid, startMs, ask: askOf(port) }
}

/** Gives what a request takes without telemetry, in microseconds. */
async function report(scenario: Scenario, relays: readonly Relay[]): Promise<number> {
  const asked = relays.flatMap((relay) => {
    const target = targetOf(relay, scenario)
    return target === undefined ? [] : [{ name: relay.name, target }]
  })
  await warmUp(bench, asked)
  const medians = await measureAll(bench, asked)
  const off = medians[0]?.rounds ?? []
  const table = {
    title: `${scenario.title}: ${values.connections} connections, ${values.rounds} rounds of ${values.seconds} s, medians`,
    columns: [
      { heading: 'requests/s', digits: 0 },
      { heading: 'CPU µs/request', digits: 1 },
      { heading: 'more %', digits: 1 },
      { heading: 'p99 ms', digits: 2 },
      { heading: 'RSS MiB', digits: 0 },
      { heading: 'errors', digits: 0 },
    ],
    rows: medians.map((sample) => ({
      name: sample.name,
      figures: [
        sample.perSecond,
        sample.cpuMicroseconds,
        100 * (timesCpu(sample.rounds, off) - 1),
        sample.p99Ms,
        sample.rssMiB,
        sample.errors,
      ],
    })),
  }
  console.log(`\n${textOf(table)}`)
  return medians[0]?.cpuMicroseconds ?? Number.NaN
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
