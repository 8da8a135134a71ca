/**
 * What telemetry costs: the CPU of a request with metrics, log and traces, each added to the one before, against `off`, a bundle of the same
 * sources in which nobody counts. Two processes of one program differ by a tenth, by what V8 has compiled when: so many sets of processes are
 * started, one after the other, one process of each kind in a set, and what telemetry adds is said of each set; printed are the mean of these
 * with its standard error, and their median. Then what each part takes by itself. Needs `nginx` and `wrk`; a set takes a minute.
 * Usage: make bench-telemetry [ARGS="--sets 12 --rounds 4 --scenarios whole --relays '+ log,+ traces 1 %'"]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundleWhole } from '../../scripts/executable/bundle.ts'
import { freePorts } from '../support/relay-process.ts'
import { type Bench, listening, openBench, requireTools } from './bench.ts'
import { choose } from './choose.ts'
import { measureAll, medianOf, type Sample, warmUp } from './load.ts'
import { askOf, routingOf, runOutrigger } from './relays/outrigger.ts'
import type { Relay, Upstream } from './relays/relay.ts'
import { median } from './rounds.ts'
import { type Scenario, scenarios, targetOf } from './sections/questions.ts'
import { startUpstream } from './sections/upstream.ts'
import { positive, readSettings, settingOptions } from './settings.ts'
import { textOf } from './table.ts'
import { measureAlone } from './telemetry-alone.ts'
import { bundleWithoutMetrics } from './without-metrics.ts'

const { values } = parseArgs({
  options: {
    ...settingOptions,
    seconds: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '4' },
    sets: { type: 'string', default: '8' },
    scenarios: { type: 'string', default: 'whole,stream' },
  },
})
const settings = readSettings(values)
const sets = positive('sets', values.sets)

type Variant = {
  readonly name: string
  readonly metrics: boolean
  readonly level: 'info' | 'error'
  /** The share of requests that is traced; 0: traces are off. */
  readonly sample: number
}

const off: Variant = { name: 'off', metrics: false, level: 'error', sample: 0 }
const others: readonly Variant[] = [
  { name: 'metrics', metrics: true, level: 'error', sample: 0 },
  { name: '+ log', metrics: true, level: 'info', sample: 0 },
  { name: '+ traces 1 %', metrics: true, level: 'info', sample: 0.01 },
  { name: '+ traces 10 %', metrics: true, level: 'info', sample: 0.1 },
  { name: '+ all traces', metrics: true, level: 'info', sample: 1 },
]

const here = import.meta.dirname
const asked = choose('scenario', scenarios, values.scenarios)

/** What one set showed of a scenario, by the names of the variants. */
type Shown = ReadonlyMap<string, readonly Sample[]>

requireTools(['nginx', 'wrk', 'taskset'])
const variants = [off, ...choose('variant', others, values.relays)]
const built = mkdtempSync(join(tmpdir(), 'outrigger-bench-'))
try {
  const bundles = await buildBundles(built)
  const shown = new Map<Scenario, Shown[]>(asked.map((scenario) => [scenario, []]))
  for (let number = 0; number < sets; number++)
    for (const [scenario, samples] of await runSet(bundles)) shown.get(scenario)?.push(samples)
  for (const [scenario, all] of shown) report(scenario, all)
  reportAlone()
} finally {
  rmSync(built, { recursive: true, force: true })
}

type Bundles = { readonly whole: string; readonly withoutMetrics: string }

/** Both of the same sources, so that nothing else differs. */
async function buildBundles(folder: string): Promise<Bundles> {
  const whole = join(folder, 'whole')
  await bundleWhole({ root: join(here, '../..'), folder: whole })
  return { whole: join(whole, 'outrigger.cjs'), withoutMetrics: await bundleWithoutMetrics(join(folder, 'without')) }
}

async function runSet(bundles: Bundles): Promise<ReadonlyMap<Scenario, Shown>> {
  const bench = openBench(settings)
  try {
    const upstream = await startUpstream(bench)
    const collector = await startCollector(bench)
    const relays = new Map<string, Relay>()
    for (const variant of variants) relays.set(variant.name, await startRelay(bench, variant, { upstream, collector, bundles }))
    const shown = new Map<Scenario, Shown>()
    for (const scenario of asked) shown.set(scenario, await measureVariants(bench, scenario, relays))
    return shown
  } finally {
    await bench.close()
  }
}

async function measureVariants(bench: Bench, scenario: Scenario, relays: ReadonlyMap<string, Relay>): Promise<Shown> {
  const targets = [...relays].flatMap(([name, relay]) => {
    const target = targetOf(relay, scenario)
    return target === undefined ? [] : [{ name, target }]
  })
  await warmUp(bench, targets)
  return new Map((await measureAll(bench, targets)).map(({ name, rounds }) => [name, rounds]))
}

async function startCollector(bench: Bench): Promise<number> {
  const [port = 0] = await freePorts(1)
  const sink = bench.run({ core: '1', command: process.execPath, args: [join(here, 'programs/sink.ts'), String(port)] })
  await listening(sink, port)
  return port
}

type Around = { readonly upstream: Upstream; readonly collector: number; readonly bundles: Bundles }

async function startRelay(bench: Bench, variant: Variant, { upstream, collector, bundles }: Around): Promise<Relay> {
  const { level, sample, metrics } = variant
  const telemetry = sample === 0 ? '' : `telemetry: { otlp: "http://127.0.0.1:${collector}", sample: ${sample} }\n`
  const routing = routingOf(upstream, `log: { level: ${level} }\n${telemetry}`)
  const { running, port } = await runOutrigger(bench, {
    form: { bundle: metrics ? bundles.whole : bundles.withoutMetrics },
    routing,
  })
  const startMs = await listening(running, port)
  return { name: 'outrigger', pid: running.pid, startMs, ask: askOf(port) }
}

function report({ title }: Scenario, all: readonly Shown[]): void {
  const table = {
    title: `${title}: ${settings.connections} connections, ${sets} sets, ${settings.rounds} rounds of ${settings.seconds} s`,
    columns: [
      { heading: 'requests/s', digits: 0 },
      { heading: 'CPU µs/request', digits: 1 },
      { heading: 'more %, mean of the sets', digits: 1 },
      { heading: '±', digits: 1 },
      { heading: 'median', digits: 1 },
      { heading: 'RSS MiB', digits: 0 },
      { heading: 'errors', digits: 0 },
    ],
    rows: variants.map(({ name }) => {
      const samples = all.flatMap((shown) => shown.get(name) ?? [])
      const { perSecond, cpuMicroseconds, rssMiB, errors } = medianOf(samples)
      return { name, figures: [perSecond, cpuMicroseconds, ...spreadOf(all.map((shown) => moreOf(shown, name))), rssMiB, errors] }
    }),
  }
  console.log(`\n${textOf(table)}`)
}

/** What the variant takes more than `off` in this set, in per cent. */
function moreOf(shown: Shown, name: string): number {
  const least = (variant: string): number => Math.min(...(shown.get(variant) ?? []).map(({ cpuMicroseconds }) => cpuMicroseconds))
  // The least of the rounds: what else the machine does makes one slower, never quicker.
  return 100 * (least(name) / least(off.name) - 1)
}

/** The mean, its standard error, and the median. */
function spreadOf(values: readonly number[]): readonly number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  const error = Math.sqrt(squares / Math.max(1, values.length - 1) / values.length)
  return [mean, error, median(values, (value) => value)]
}

function reportAlone(): void {
  const rows = measureAlone().map(({ name, microseconds }) => ({ name, figures: [microseconds] }))
  const columns = [{ heading: 'µs/request', digits: 2 }]
  console.log(`\n${textOf({ title: 'Each part by itself, in a loop: the least of 30 tries', columns, rows })}`)
}
