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
import { type Asked, measureAll, type Sample, warmUp } from './load.ts'
import { cpuMicroseconds } from './process-cost.ts'
import { askOf, routingOf } from './relays/outrigger.ts'
import { scenarios } from './sections/questions.ts'
import { startUpstream } from './sections/upstream.ts'
import { readSettings, settingOptions } from './settings.ts'

const wanted = 1.8
const root = join(import.meta.dirname, '../..')
const { values } = parseArgs({ options: { ...settingOptions, rounds: { type: 'string', default: '5' } } })

type Crew = { readonly workers: number; readonly running: Running; readonly port: number }

requireTools(['nginx', 'wrk', 'taskset'])
const bench = openBench(readSettings(values))
const crews: Crew[] = []
try {
  const routing = join(bench.folder, 'routing.yaml')
  writeFileSync(routing, routingOf(await startUpstream(bench)))
  for (const workers of [1, 2]) crews.push(await startCrew(routing, workers))
  const asked = crews.map(askedOf)
  await warmUp(bench, asked)
  const before = crews.map(workTimes)
  const taken = await measureAll(bench, asked)
  const costs = taken.map((sample, index) => report(sample, leastShare(before[index] ?? [], workTimes(sample))))
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

function askedOf(crew: Crew): Crew & Asked {
  const scenario = scenarios.find(({ name }) => name === 'whole')
  const asked = scenario === undefined ? undefined : askOf(crew.port)(scenario)
  if (scenario === undefined || asked === undefined) throw new Error('the scenario of whole answers is gone')
  const name = `${crew.workers} worker${crew.workers === 1 ? '' : 's'}`
  return { ...crew, name, target: { ...asked, body: scenario.body, pid: crew.running.pid } }
}

/** CPU time of each worker so far, in microseconds. */
function workTimes({ workers, running }: Crew): readonly number[] {
  return (workers === 1 ? [running.pid] : childrenOf(running.pid)).map(cpuMicroseconds)
}

/** The share of the worker that did least, 0–1. */
function leastShare(before: readonly number[], now: readonly number[]): number {
  const used = now.map((time, index) => time - (before[index] ?? 0))
  return Math.min(...used) / used.reduce((sum, one) => sum + one, 0)
}

function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
}

/** Prints what was measured; gives the CPU of a request in microseconds. */
function report({ name, cpuMicroseconds: cost, perSecond, errors }: Asked & Sample, least: number): number {
  const facts = [
    `${name}: ${cost.toFixed(1)} µs of CPU a request`,
    `${perSecond.toFixed(0)} requests/s beside load and upstream`,
    `the least busy did ${(least * 100).toFixed(0)} % of the work`,
    `${errors} errors`,
  ]
  console.log(facts.join(', '))
  return cost
}
