import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { asObject, asString, parseJson } from '#lib/json.ts'
import { type Bench, listening, type Running } from '../bench.ts'
import { type Asked, measureAll, warmUp } from '../load.ts'
import { configOf, planMicroseconds } from '../plan-cost.ts'
import { type Met, probeDuring } from '../probe.ts'
import { rssMiB } from '../process-cost.ts'
import { askOf, runOutrigger } from '../relays/outrigger.ts'
import type { Upstream } from '../relays/relay.ts'
import { inTurns, median } from '../rounds.ts'
import type { Section } from '../section.ts'
import { bodyOf, targetOf } from './questions.ts'
import { startUpstream } from './upstream.ts'

type Size = { readonly name: string; readonly routes: number; readonly targets: number }

const sizes: readonly Size[] = [
  { name: '1 route × 20 targets', routes: 1, targets: 20 },
  { name: '500 routes × 20 targets', routes: 500, targets: 20 },
]

/** What a very large routing file costs. */
export const reload: Section = {
  name: 'reload',
  title: 'A large routing file',
  about: `Outrigger with a routing file of one route, and with one of 500 routes of 20 targets each, all of them different. A reload is taken from the
signal until the log says that the new file holds; \`longest wait\` is how long another caller waited for an answer at most while the file was read
again, five times. A plan is what \`make bench-plan\` measures, of one request to the last route; CPU is that of the first table's request of 2 KB to it.`,
  async play(bench) {
    const upstream = await startUpstream(bench)
    const relays: Sized[] = []
    for (const size of sizes) relays.push(await run(bench, size, upstream))
    const reloads = await inTurns(relays, bench.settings.rounds, (relay) => reloadOften(bench, relay))
    const played = [...reloads].map(([relay, taken]) => ({ ...relay, reloads: taken }))
    await warmUp(bench, relays)
    const rows = []
    for (const { name, size, startMs, idleMiB, reloads, cpuMicroseconds } of await measureAll(bench, played)) {
      const { reloadMs, met } = together(reloads)
      const plan = await planMicroseconds(configOf(routing(size, upstream)), lastOf(size))
      rows.push({ name, figures: [startMs, idleMiB, reloadMs, met.longestMs, met.failed, plan, cpuMicroseconds] })
    }
    return { tables: [{ title: 'Outrigger, by the size of its routing file', columns, rows }], notes: [], ratios: {} }
  },
}

const columns = [
  { heading: 'listens after ms', digits: 0 },
  { heading: 'idle RSS MiB', digits: 0 },
  { heading: 'reload ms', digits: 0 },
  { heading: 'longest wait ms', digits: 1 },
  { heading: 'failed', digits: 0 },
  { heading: 'plan µs', digits: 2 },
  { heading: 'CPU µs/request', digits: 1 },
]

type Sized = Asked & {
  readonly size: Size
  readonly running: Running
  readonly startMs: number
  readonly idleMiB: number
  readonly file: string
  readonly upstream: Upstream
  /** When, by the relay's own clock, a file was taken; milliseconds since the epoch. */
  readonly takenAtMs: readonly number[]
}

async function run(bench: Bench, size: Size, upstream: Upstream): Promise<Sized> {
  const takenAtMs: number[] = []
  const onLine = (line: string): void => {
    if (!line.includes('"config reloaded"')) return
    const parsed = parseJson(line)
    takenAtMs.push(Date.parse(asString(asObject(parsed.ok ? parsed.value : undefined)['time']) ?? ''))
  }
  const { running, port, file } = await runOutrigger(bench, { form: 'bundle', routing: routing(size, upstream), onLine })
  const startMs = await listening(running, port)
  await sleep(3000)
  const model = lastOf(size)
  const body = bodyOf({ model, characters: 1800 })
  const relay = { name: 'outrigger', pid: running.pid, startMs, ask: askOf(port) }
  const target = targetOf(relay, { model, dialect: 'openai-chat', body })
  if (target === undefined) throw new Error('Outrigger cannot be asked')
  return { name: size.name, size, running, startMs, idleMiB: rssMiB(running.pid), file, upstream, target, takenAtMs }
}

type Reloads = { readonly reloadMs: number; readonly met: Met }

async function reloadOften(bench: Bench, relay: Sized): Promise<Reloads> {
  const took: number[] = []
  const met = await probeDuring(bench, relay.target, async () => {
    for (let count = 0; count < 5; count++) took.push(await reloadOnce(relay))
  })
  return { reloadMs: median(took, (ms) => ms), met }
}

async function reloadOnce({ running, file, size, upstream, takenAtMs }: Sized): Promise<number> {
  const before = takenAtMs.length
  writeFileSync(file, `${routing(size, upstream)}# ${process.hrtime.bigint()}\n`)
  const signalledAtMs = Date.now()
  running.process.kill('SIGHUP')
  for (let waited = 0; waited < 10_000 && takenAtMs.length === before; waited += 5) await sleep(5)
  const takenMs = takenAtMs[before]
  if (takenMs === undefined) throw new Error(`the new routing file was not taken: ${running.complaints()}`)
  // The file is watched too: what its change brings about is over before the next.
  await sleep(500)
  return takenMs - signalledAtMs
}

function together(taken: readonly Reloads[]): Reloads {
  return {
    reloadMs: median(taken, ({ reloadMs }) => reloadMs),
    met: {
      longestMs: median(taken, ({ met }) => met.longestMs),
      answers: median(taken, ({ met }) => met.answers),
      failed: Math.max(...taken.map(({ met }) => met.failed)),
    },
  }
}

function lastOf({ routes }: Size): string {
  return `route-${routes - 1}`
}

function routing({ routes, targets }: Size, { origin }: Upstream): string {
  const numbers = Array.from({ length: targets }, (_, at) => at)
  const providers = numbers.map((at) => `  p${at}: { type: openai-compatible, api_key: k, base_url: "${origin}/v1" }\n`)
  const models = Array.from(
    { length: routes },
    (_, route) => `  route-${route}: { targets: [${numbers.map((at) => `p${at}/m-${route}`).join(', ')}] }\n`,
  )
  return `version: 1\nproviders:\n${providers.join('')}models:\n${models.join('')}health: { probe: off }\n`
}
