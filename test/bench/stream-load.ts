import { join } from 'node:path'
import { asNumber, asObject, parseJson } from '#lib/json.ts'
import type { Bench } from './bench.ts'
import type { Target } from './load.ts'
import { median } from './rounds.ts'

/** What one round of streams showed. */
export type StreamSample = {
  /** Chunks a second, of all streams. */
  readonly perSecond: number
  /** CPU of the relay, for one chunk. */
  readonly cpuMicroseconds: number
  /** From the upstream's write to the caller's read. */
  readonly chunkP50Ms: number
  readonly chunkP99Ms: number
  /** From the request to the first content. */
  readonly firstTokenP50Ms: number
  readonly firstTokenP99Ms: number
  /** Streams that had nothing for two seconds. */
  readonly stalled: number
  readonly failed: number
  readonly rssMiB: number
  /** The share of its core that the load itself took: near 1, it is what was measured. */
  readonly loadShare: number
}

const program = join(import.meta.dirname, 'programs/stream-load.ts')

/** So many streams at once; the window lasts at least so long, whatever the settings say. */
export type StreamCount = { readonly streams: number; readonly leastSeconds: number }

/** Keeps streams open for some seconds, from a process of its own on the second core. */
export async function measureStreams(
  bench: Bench,
  target: Target,
  { streams, leastSeconds }: StreamCount,
): Promise<StreamSample> {
  const lines: string[] = []
  const args = ['--url', target.url, '--body', target.body, '--headers', JSON.stringify(target.headers)]
  const more = target.pid === undefined ? [] : ['--pid', String(target.pid)]
  const running = bench.run({
    core: '1',
    command: process.execPath,
    args: [
      program,
      ...args,
      '--streams',
      String(streams),
      '--seconds',
      String(Math.max(leastSeconds, bench.settings.seconds)),
      ...more,
    ],
    onLine: (line) => lines.push(line),
  })
  await new Promise((resolve) => running.process.once('close', resolve))
  const parsed = parseJson(lines[0] ?? '')
  if (!parsed.ok) throw new Error(`the load of streams said: ${lines[0] ?? running.complaints()}`)
  const figures = asObject(parsed.value)
  const of = (name: string): number => asNumber(figures[name]) ?? Number.NaN
  return {
    perSecond: of('perSecond'),
    cpuMicroseconds: of('cpuMicroseconds'),
    chunkP50Ms: of('chunkP50Ms'),
    chunkP99Ms: of('chunkP99Ms'),
    firstTokenP50Ms: of('firstTokenP50Ms'),
    firstTokenP99Ms: of('firstTokenP99Ms'),
    stalled: of('stalled'),
    failed: of('failed'),
    rssMiB: of('rssMiB'),
    loadShare: of('loadShare'),
  }
}

/** The median of each number for itself; of stalls and failures the worst round counts. */
export function medianOfStreams(samples: readonly StreamSample[]): StreamSample {
  return {
    perSecond: median(samples, (sample) => sample.perSecond),
    cpuMicroseconds: median(samples, (sample) => sample.cpuMicroseconds),
    chunkP50Ms: median(samples, (sample) => sample.chunkP50Ms),
    chunkP99Ms: median(samples, (sample) => sample.chunkP99Ms),
    firstTokenP50Ms: median(samples, (sample) => sample.firstTokenP50Ms),
    firstTokenP99Ms: median(samples, (sample) => sample.firstTokenP99Ms),
    stalled: Math.max(...samples.map((sample) => sample.stalled)),
    failed: Math.max(...samples.map((sample) => sample.failed)),
    rssMiB: Math.max(...samples.map((sample) => sample.rssMiB)),
    loadShare: median(samples, (sample) => sample.loadShare),
  }
}
