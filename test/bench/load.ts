import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cpuMicroseconds, rssMiB } from './process-cost.ts'

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

/**
 * `whole`: a request of 2 KB and a whole answer. `large`: one of 100 KB. `translated`: asked in Anthropic's dialect, answered in
 * OpenAI's. `stream`: an answer of 100 chunks that come at once.
 */
export type Scenario = 'whole' | 'large' | 'translated' | 'stream'

/** Load on one relay: POSTs of a chat request from the second core. */
export type Load = {
  readonly folder: string
  readonly scenario: Scenario
  readonly url: string
  /** The relay's process, whose CPU is counted. */
  readonly pid: number
  readonly connections: number
  readonly seconds: number
}

/** Runs wrk for some seconds. */
export function measure({ folder, scenario, url, pid, connections, seconds }: Load): Sample {
  const script = join(folder, `${scenario}.lua`)
  const body = JSON.stringify({
    model: scenario === 'stream' ? 'stream' : 'whole',
    stream: scenario === 'stream',
    ...(scenario === 'translated' ? { max_tokens: 1000 } : {}),
    messages: [{ role: 'user', content: 'x'.repeat(scenario === 'large' ? 100_000 : 1800) }],
  })
  writeFileSync(
    script,
    `wrk.method = "POST"\nwrk.body = '${body}'\nwrk.headers["Content-Type"] = "application/json"\n` +
      'done = function(summary, latency) io.write(string.format("RESULT %d %d %f %f %d\\n", summary.requests, summary.duration, latency:percentile(50)/1000, latency:percentile(99)/1000, summary.errors.status + summary.errors.read + summary.errors.connect + summary.errors.timeout)) end\n',
  )
  const before = cpuMicroseconds(pid)
  const output = execFileSync('taskset', ['-c', '1', 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, url], {
    encoding: 'utf8',
  })
  const used = cpuMicroseconds(pid) - before
  const [, requests, duration, p50, p99, errors] = (/RESULT (\d+) (\d+) (\S+) (\S+) (\d+)/.exec(output) ?? []).map(Number)
  if (requests === undefined || duration === undefined) throw new Error(`wrk said:\n${output}`)
  return {
    perSecond: requests / (duration / 1e6),
    cpuMicroseconds: used / requests,
    p50Ms: p50 ?? 0,
    p99Ms: p99 ?? 0,
    rssMiB: rssMiB(pid),
    errors: errors ?? 0,
  }
}

/** The median of each number for itself. */
export function medianOf(samples: readonly Sample[]): Sample {
  const median = (pick: (sample: Sample) => number): number =>
    samples.map(pick).sort((a, b) => a - b)[Math.floor(samples.length / 2)] ?? 0
  return {
    perSecond: median((sample) => sample.perSecond),
    cpuMicroseconds: median((sample) => sample.cpuMicroseconds),
    p50Ms: median((sample) => sample.p50Ms),
    p99Ms: median((sample) => sample.p99Ms),
    rssMiB: median((sample) => sample.rssMiB),
    errors: median((sample) => sample.errors),
  }
}

/** Starts a program on one core; its standard output goes nowhere. */
export function runOn(core: '0' | '1', program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn('taskset', ['-c', core, program, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...env },
  })
}

/** Waits until something listens there. */
export async function answering(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    try {
      await fetch(`http://127.0.0.1:${port}/v1/models`)
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  throw new Error(`nothing answers on port ${port}`)
}

/** Ends the process when a program is missing. */
export function requireTools(names: readonly string[]): void {
  for (const name of names) {
    try {
      execFileSync('which', [name])
    } catch {
      console.error(`the benchmark needs ${name} (a package of most distributions)`)
      process.exit(2)
    }
  }
}
