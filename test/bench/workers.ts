/**
 * What a second worker brings. On two cores load, upstream and relay share the machine, so that requests a second tell little: what counts is
 * the CPU of the relay for a request. Two workers on two cores of their own do as many requests as their CPU time allows, the primary's
 * included: `2 × (µs a request with one) / (µs a request with two)` times as many as one. Rounds are interleaved; medians are printed.
 * Needs `nginx` and `wrk`. Usage: make bench-workers [ARGS="--seconds 4 --rounds 5"]; ends with 1 below 1.8.
 */
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { freePorts } from '../support/relay-process.ts'
import { end, listening, openBench, type Running, requireTools } from './bench.ts'
import { measure } from './load.ts'
import { cpuMicroseconds } from './process-cost.ts'
import { askOf, routingOf } from './relays/outrigger.ts'
import { inTurns, median } from './rounds.ts'
import { scenarios } from './sections/questions.ts'
import { startUpstream } from './sections/upstream.ts'
import { readSettings, settingOptions } from './settings.ts'

const wanted = 1.8
const root = join(import.meta.dirname, '../..')
const { values } = parseArgs({ options: { ...settingOptions, rounds: { type: 'string', default: '5' } } })

type Crew = { readonly workers: number; readonly running: Running; readonly port: number }

/** One round: the relay's CPU for a request, and the share of the worker that did least, 0–1. */
type Sample = {
  readonly cpuMicroseconds: number
  readonly perSecond: number
  readonly leastShare: number
  readonly errors: number
}

requireTools(['nginx', 'wrk', 'taskset'])
const bench = openBench(readSettings(values))
const crews: Crew[] = []
try {
  const routing = join(bench.folder, 'routing.yaml')
  writeFileSync(routing, routingOf(await startUpstream(bench)))
  for (const workers of [1, 2]) crews.push(await startCrew(routing, workers))
  await inTurns(crews, 1, take)
  const taken = await inTurns(crews, bench.settings.rounds, take)
  const costs = [...taken].map(([{ workers }, samples]) => report(workers, samples))
  const ratio = (2 * (costs[0] ?? Number.NaN)) / (costs[1] ?? Number.NaN)
  console.log(`two workers on cores of their own: ${ratio.toFixed(2)} times one worker`)
  process.exitCode = ratio >= wanted ? 0 : 1
} finally {
  await Promise.all(crews.map(({ running }) => end(running.process)))
  await bench.close()
}

async function startCrew(routing: string, workers: number): Promise<Crew> {
  const [port = 0, admin = 0] = await freePorts(2)
  const flags = ['--listen', `127.0.0.1:${port}`, '--admin', `127.0.0.1:${admin}`, '--workers', String(workers)]
  const child = spawn(process.execPath, [join(root, 'dist/outrigger.cjs'), 'serve', '-c', routing, ...flags], { stdio: 'ignore' })
  const running: Running = { pid: child.pid ?? 0, process: child, complaints: () => '' }
  await listening(running, port)
  return { workers, running, port }
}

function take({ workers, running, port }: Crew): Sample {
  const scenario = scenarios.find(({ name }) => name === 'whole')
  const asked = scenario === undefined ? undefined : askOf(port)(scenario)
  if (scenario === undefined || asked === undefined) throw new Error('the scenario of whole answers is gone')
  const each = workers === 1 ? [running.pid] : childrenOf(running.pid)
  const before = each.map(cpuMicroseconds)
  const { folder, settings } = bench
  const sample = measure({ ...asked, body: scenario.body, pid: running.pid }, { folder, ...settings })
  const used = each.map((pid, index) => cpuMicroseconds(pid) - (before[index] ?? 0))
  const all = used.reduce((sum, one) => sum + one, 0)
  return { ...sample, leastShare: Math.min(...used) / all }
}

function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
}

function report(workers: number, samples: readonly Sample[]): number {
  const of = (read: (sample: Sample) => number): number => median(samples, read)
  const cost = of((sample) => sample.cpuMicroseconds)
  const facts = [
    `${workers} worker${workers === 1 ? '' : 's'}:`,
    `${cost.toFixed(1)} µs of CPU a request,`,
    `${of(({ perSecond }) => perSecond).toFixed(0)} requests/s beside load and upstream,`,
    `the least busy did ${(of(({ leastShare }) => leastShare) * 100).toFixed(0)} % of the work,`,
    `${of(({ errors }) => errors)} errors`,
  ]
  console.log(facts.join(' '))
  return cost
}
