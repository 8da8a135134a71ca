import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { asNumber, asObject, parseJson } from '#lib/json.ts'
import type { Sample, Scenario } from './load.ts'

/** Medians of the competitors in one scenario, nginx and the bare proxy among them. */
export type Table = { readonly scenario: Scenario; readonly medians: ReadonlyMap<string, Sample> }

const title: Readonly<Record<Scenario, string>> = {
  whole: 'A request of 2 KB, a whole answer, one dialect',
  large: 'A request of 100 KB, a whole answer, one dialect',
  translated: 'A request of 2 KB in another dialect, a whole answer',
  stream: 'A streamed answer of 100 chunks that come at once',
}
const heading = 'relay        requests/s  CPU µs/request  × nginx  × bare   p50 ms   p99 ms  RSS MiB  errors'

/** A table as text. */
export function textOf({ scenario, medians }: Table): string {
  const lines = [...medians].map(([name, sample]) =>
    [
      name.padEnd(11),
      sample.perSecond.toFixed(0).padStart(11),
      sample.cpuMicroseconds.toFixed(1).padStart(15),
      ratio(medians, name, 'nginx').toFixed(2).padStart(8),
      ratio(medians, name, 'bare').toFixed(2).padStart(7),
      sample.p50Ms.toFixed(2).padStart(8),
      sample.p99Ms.toFixed(2).padStart(8),
      sample.rssMiB.toFixed(0).padStart(8),
      String(sample.errors).padStart(7),
    ].join(' '),
  )
  return [title[scenario], heading, ...lines].join('\n')
}

/** CPU of a request, as so many times that of another competitor. */
function ratio(medians: Table['medians'], name: string, to: string): number {
  return (medians.get(name)?.cpuMicroseconds ?? Number.NaN) / (medians.get(to)?.cpuMicroseconds ?? Number.NaN)
}

const baseline = join(import.meta.dirname, 'baseline.json')
const page = join(import.meta.dirname, '../../docs/benchmarks.md')

function ratiosOf(tables: readonly Table[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    tables.map(({ scenario, medians }) => [scenario, Number(ratio(medians, 'outrigger', 'bare').toFixed(3))]),
  )
}

/** Writes docs/benchmarks.md, and the ratios that later runs are held against. */
export function write(tables: readonly Table[], conditions: string): void {
  const [cpu] = cpus()
  const text = `# Benchmarks

What \`make bench ARGS=--write\` printed on ${new Date().toISOString().slice(0, 10)}: ${cpu?.model.trim() ?? 'an unknown processor'}, ${cpus().length} cores, Node ${process.versions.node}.
Each relay runs on one core, load and upstream on the other; ${conditions}. CPU is what the operating system counts for the relay's
process, kernel time included, for one request; \`×\` is that of nginx as a plain proxy, and of the least that a relay in Node can do
(\`test/bench/bare-proxy.ts\`: node:http, one parse, undici). Outrigger runs with all that it has on by default: routing, breaker,
windows, metrics, access log, usage and cost. Only ratios can be compared between machines.

\`\`\`text
${tables.map(textOf).join('\n\n')}
\`\`\`

\`make bench-check\` fails when a ratio to the bare proxy got worse by more than 15 %. \`make bench-plan\` tells what planning costs, \`make bench-telemetry\`
what metrics, log and traces cost, \`make load\` what a thousand callers see while providers fail. Where the time goes: [Performance](performance.md).
`
  writeFileSync(page, text)
  writeFileSync(baseline, `${JSON.stringify(ratiosOf(tables), null, 2)}\n`)
}

/** What got worse by more than 15 % since the figures that are committed; each in words. */
export function losses(tables: readonly Table[]): readonly string[] {
  const known = existsSync(baseline) ? parseJson(readFileSync(baseline, 'utf8')) : undefined
  const before = asObject(known?.ok === true ? known.value : undefined)
  return Object.entries(ratiosOf(tables)).flatMap(([scenario, now]) => {
    const then = asNumber(before[scenario])
    return then !== undefined && now > then * 1.15 ? [`${scenario}: ${now} times the bare proxy, before ${then}`] : []
  })
}
