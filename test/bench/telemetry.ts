/**
 * What telemetry costs: the CPU of a request with metrics, log and traces, each added to the one before, against none. Two processes of one
 * program differ by a tenth and more, by what V8 has compiled when, and a machine by as much from one second to the next; so each process is
 * compared with itself: its telemetry goes on and off every half second. Then what each part takes by itself. Needs `nginx` and `wrk`.
 * Usage: make bench-telemetry [ARGS="--processes 4 --seconds 60 --sample 0.01 --scenarios whole"]
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { freePorts } from '../support/relay-process.ts'
import { type Bench, listening, openBench, requireTools } from './bench.ts'
import { choose } from './choose.ts'
import { measureAll, warmUp } from './load.ts'
import { askOf, routingOf, runOutrigger } from './relays/outrigger.ts'
import { type Scenario, scenarios, targetOf } from './sections/questions.ts'
import { startUpstream } from './sections/upstream.ts'
import { positive, readSettings, settingOptions } from './settings.ts'
import { textOf } from './table.ts'
import { measureAlone } from './telemetry-alone.ts'
import { bundleTakingTurns } from './telemetry-bundle.ts'
import { type More, moreThanOff } from './telemetry-compare.ts'
import { compared, off, readTurns, type Turn } from './telemetry-steps.ts'

const { values } = parseArgs({
  options: {
    ...settingOptions,
    seconds: { type: 'string', default: '60' },
    rounds: { type: 'string', default: '1' },
    processes: { type: 'string', default: '4' },
    /** The share of requests that is traced. */
    sample: { type: 'string', default: '0.01' },
    scenarios: { type: 'string', default: 'whole,stream' },
  },
})
const settings = readSettings(values)
const processes = positive('processes', values.processes)
const asked = choose('scenario', scenarios, values.scenarios)

requireTools(['nginx', 'wrk', 'taskset'])
// As in `make bench`: this process and all that it starts without saying where stay off the relays' core.
execFileSync('taskset', ['-a', '-p', '-c', '1', String(process.pid)], { stdio: 'ignore' })
const built = mkdtempSync(join(tmpdir(), 'outrigger-bench-'))
try {
  const bundle = await bundleTakingTurns(built)
  for (const scenario of asked) {
    const turns: (readonly Turn[])[] = []
    for (let number = 0; number < processes; number++) turns.push(await watchProcess(bundle, scenario))
    report(scenario, turns)
  }
  reportAlone()
} finally {
  rmSync(built, { recursive: true, force: true })
}

/** What a relay's telemetry took in turns, once the compilers had settled. */
async function watchProcess(bundle: string, scenario: Scenario): Promise<readonly Turn[]> {
  const bench = openBench(settings)
  try {
    const upstream = await startUpstream(bench)
    const collector = await startCollector(bench)
    const file = join(bench.folder, 'turns')
    const telemetry = `telemetry: { otlp: "http://127.0.0.1:${collector}", sample: ${values.sample} }\n`
    const { running, port } = await runOutrigger(bench, {
      form: { bundle },
      routing: routingOf(upstream, telemetry),
      // Spans are sent in the turn that made them, not in one of the next.
      env: { TELEMETRY_TURNS: file, OTEL_BSP_SCHEDULE_DELAY: '100' },
    })
    const startMs = await listening(running, port)
    const target = targetOf({ name: 'outrigger', pid: running.pid, startMs, ask: askOf(port) }, scenario)
    if (target === undefined) throw new Error(`Outrigger is not asked for ${scenario.title}`)
    const relay = [{ name: 'outrigger', target }]
    await warmUp(bench, relay)
    const before = turnsIn(file).length
    await measureAll(bench, relay)
    return turnsIn(file).slice(before)
  } finally {
    await bench.close()
  }
}

function turnsIn(file: string): readonly Turn[] {
  return existsSync(file) ? readTurns(readFileSync(file, 'utf8')) : []
}

async function startCollector(bench: Bench): Promise<number> {
  const [port = 0] = await freePorts(1)
  const args = [join(import.meta.dirname, 'programs/sink.ts'), String(port)]
  await listening(bench.run({ core: '1', command: process.execPath, args }), port)
  return port
}

function report({ title }: Scenario, turns: readonly (readonly Turn[])[]): void {
  const row = (name: string, { cpuMicroseconds, mean, error, median, count }: More) => ({
    name,
    figures: [cpuMicroseconds, mean, error, median, count],
  })
  const table = {
    title: `${title}: ${settings.connections} connections, ${processes} processes, ${settings.seconds} s each, traces of ${100 * Number(values.sample)} %`,
    columns: [
      { heading: 'CPU µs/request', digits: 1 },
      { heading: 'more than off %', digits: 1 },
      { heading: '±', digits: 1 },
      { heading: 'median', digits: 1 },
      { heading: 'turns', digits: 0 },
    ],
    rows: [off, ...compared].map(({ name }) => row(name, moreThanOff(name, turns))),
  }
  console.log(`\n${textOf(table)}`)
}

function reportAlone(): void {
  const rows = measureAlone().map(({ name, microseconds }) => ({ name, figures: [microseconds] }))
  const columns = [{ heading: 'µs/request', digits: 2 }]
  console.log(`\n${textOf({ title: 'Each part by itself, in a loop: the least of 30 tries', columns, rows })}`)
}
