/**
 * What telemetry costs: the CPU of a request with metrics, log and traces, each added to the one before. Rounds are
 * interleaved, within one process at a time; medians are printed, and of what telemetry adds the median of the rounds' own ratios; then
 * what each part takes by itself. Needs `nginx` and `wrk`; takes a quarter of an hour.
 * Usage: make bench-telemetry [ARGS="--processes 3 --rounds 5 --relays 'off,metrics,+ log'"]
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { asObject, asString } from '#lib/json.ts'
import { freePorts } from '../support/relay-process.ts'
import { type Bench, listening, openBench, requireTools } from './bench.ts'
import { measureAll, medianOf, type Sample, warmUp } from './load.ts'
import { askOf, routingOf, runOutrigger } from './relays/outrigger.ts'
import type { Relay, Upstream } from './relays/relay.ts'
import { inTurns, timesCpu } from './rounds.ts'
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
// After a change, before it is measured: what V8 had compiled for what was before is thrown away.
const settleSeconds = 3

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

/** A relay that becomes each variant in turn: two processes of the same program differ by a tenth, by what their compilers made of it. */
async function measureOnce(): Promise<void> {
  const bench = openBench(settings)
  try {
    const upstream = await startUpstream(bench)
    const relay = await startRelay(bench, upstream, await startCollector(bench))
    for (const scenario of asked) {
      const target = targetOf(relay, scenario)
      if (target === undefined) throw new Error(`the relay cannot be asked ${scenario.name}`)
      const one = { name: scenario.name, target }
      await warmUp(bench, [one])
      const taken = await inTurns(wanted, settings.rounds, async (variant) => {
        await relay.become(variant)
        await warmUp({ ...bench, settings: { ...settings, warmUp: settleSeconds } }, [one])
        return measureAll({ ...bench, settings: { ...settings, rounds: 1 } }, [one])
      })
      for (const [{ name }, rounds] of taken) keep(scenario, name, rounds.flat())
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

type Changing = Relay & { readonly become: (variant: Variant) => Promise<void> }

async function startRelay(bench: Bench, upstream: Upstream, collector: number): Promise<Changing> {
  const routing = ({ name, level, sample }: Variant): string => {
    const telemetry = sample === 0 ? '' : `telemetry: { otlp: "http://127.0.0.1:${collector}", sample: ${sample} }\n`
    return routingOf(upstream, `log: { level: ${level} }\n${telemetry}# ${name}\n`)
  }
  const flags = ['--import', join(here, 'programs/switch-metrics.ts')]
  let now: Variant = { name: 'all', metrics: true, level: 'info', sample: 1 }
  const { running, port, admin, file } = await runOutrigger(bench, { form: 'source', routing: routing(now), flags })
  const startMs = await listening(running, port)
  return {
    name: 'outrigger',
    pid: running.pid,
    startMs,
    ask: askOf(port),
    async become(variant) {
      const before = await digestOf(admin)
      writeFileSync(file, routing(variant))
      running.process.kill('SIGHUP')
      for (let waitedMs = 0; variant.name !== now.name && (await digestOf(admin)) === before; waitedMs += 20) {
        if (waitedMs > 10_000) throw new Error(`the relay did not become ${variant.name}: ${running.complaints()}`)
        await sleep(20)
      }
      if (variant.metrics !== now.metrics) running.process.kill('SIGWINCH')
      now = variant
    },
  }
}

/** Tells the versions of its routing file apart. */
async function digestOf(admin: number): Promise<string | undefined> {
  const answer = await fetch(`http://127.0.0.1:${admin}/status`)
  return asString(asObject(asObject(await answer.json())['config'])['digest'])
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
