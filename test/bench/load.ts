import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bench } from './bench.ts'
import { cpuMicroseconds, rssMiB } from './process-cost.ts'
import { inTurns, median } from './rounds.ts'

/** What one round of load showed. */
export type Sample = {
  readonly perSecond: number
  /** CPU of the relay, for one request. */
  readonly cpuMicroseconds: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly rssMiB: number
  readonly errors: number
}

/** The medians of several rounds, and these themselves. */
export type Measured = Sample & { readonly rounds: readonly Sample[] }

/** What is asked, and where. */
export type Target = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The process whose CPU is counted; undefined where there is none between load and upstream. */
  readonly pid: number | undefined
}

/** A row to be: who is measured, and how it is asked. */
export type Asked = { readonly name: string; readonly target: Target }

/** Asks each of them once, which loads what is loaded then only, and gives them load for nothing. */
export async function warmUp({ folder, settings }: Bench, asked: readonly Asked[]): Promise<void> {
  const { connections, warmUp: seconds } = settings
  for (const { target } of asked) await askOnce(target, target.body)
  await inTurns(asked, 1, ({ target }) => measure(target, { folder, connections, seconds }))
}

/** The status of the answer; 0 when there is none. */
export async function askOnce({ url, headers }: Target, body: string): Promise<number> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      signal: AbortSignal.timeout(60_000),
    })
    await answer.arrayBuffer()
    return answer.status
  } catch {
    return 0
  }
}

/** Loads them in turns, and gives each with its medians and its rounds, in the same order. */
export async function measureAll<T extends Asked>(
  { folder, settings }: Bench,
  asked: readonly T[],
  connections = settings.connections,
): Promise<readonly (T & Measured)[]> {
  const { rounds, seconds } = settings
  const samples = await inTurns(asked, rounds, ({ target }) => measure(target, { folder, connections, seconds }))
  return [...samples].map(([one, taken]) => ({ ...one, ...medianOf(taken), rounds: taken }))
}

type Load = { readonly folder: string; readonly connections: number; readonly seconds: number }

// With fewer answers, or not even one for each connection, the figures are of the first moments only.
const fewest = 200

/** One round. It is taken again, and longer, where so few answers came that they say little. */
function measure(target: Target, load: Load): Sample {
  const sample = runWrk(target, load)
  const few = sample.perSecond * load.seconds < Math.max(fewest, load.connections)
  return few ? runWrk(target, { ...load, seconds: 4 * load.seconds }) : sample
}

/** Runs wrk on the second core for some seconds; every connection asks again as soon as it has its answer. */
function runWrk({ url, headers, body, pid }: Target, { folder, connections, seconds }: Load): Sample {
  const script = join(folder, 'load.lua')
  writeFileSync(script, scriptOf(headers, body))
  const before = pid === undefined ? 0 : cpuMicroseconds(pid)
  const output = execFileSync(
    'taskset',
    ['-c', '1', 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, url],
    { encoding: 'utf8' },
  )
  const used = pid === undefined ? 0 : cpuMicroseconds(pid) - before
  const [, requests, duration, p50, p99, errors] = (/RESULT (\d+) (\d+) (\S+) (\S+) (\d+)/.exec(output) ?? []).map(Number)
  if (requests === undefined || duration === undefined) throw new Error(`wrk said:\n${output}`)
  return {
    perSecond: requests / (duration / 1e6),
    cpuMicroseconds: requests === 0 ? Number.NaN : used / requests,
    p50Ms: requests === 0 ? Number.NaN : (p50 ?? 0),
    p99Ms: requests === 0 ? Number.NaN : (p99 ?? 0),
    rssMiB: pid === undefined ? 0 : rssMiB(pid),
    errors: errors ?? 0,
  }
}

function scriptOf(headers: Readonly<Record<string, string>>, body: string): string {
  const lines = Object.entries({ 'Content-Type': 'application/json', ...headers }).map(
    ([name, value]) => `wrk.headers["${name}"] = '${value}'`,
  )
  return `wrk.method = "POST"
wrk.body = '${body}'
${lines.join('\n')}
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %f %f %d\\n", summary.requests, summary.duration, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, errors.status + errors.read + errors.write + errors.connect + errors.timeout))
end
`
}

/** The median of each number for itself. */
export function medianOf(samples: readonly Sample[]): Sample {
  return {
    perSecond: median(samples, (sample) => sample.perSecond),
    cpuMicroseconds: median(samples, (sample) => sample.cpuMicroseconds),
    p50Ms: median(samples, (sample) => sample.p50Ms),
    p99Ms: median(samples, (sample) => sample.p99Ms),
    rssMiB: median(samples, (sample) => sample.rssMiB),
    errors: median(samples, (sample) => sample.errors),
  }
}
