/**
 * A thousand callers at once, in all four dialects, whole and streamed, while providers fail in every way: what the callers
 * see, what it costs in time, memory and further requests to providers. Ends with 1 when a caller saw a failure.
 * Usage: make load [ARGS="--callers 1000 --requests 4000"]
 */
import { parseArgs } from 'node:util'
import { dialects } from '#dialect/registry.ts'
import { readFaultPlan } from '#mock/fault-plan.ts'
import { startMocks } from '#mock/start-mocks.ts'
import { rssMiB } from '../bench/process-cost.ts'
import { startRelay } from '../support/relay-process.ts'
import { askAsCrowd, type Crowd, percentile } from './crowd.ts'
import { plainAsk } from './plain-ask.ts'

const { values } = parseArgs({
  options: { callers: { type: 'string', default: '1000' }, requests: { type: 'string', default: '4000' } },
})

type Scenario = { readonly name: string; readonly faults: readonly object[] }
const when = { provider: 'openai' }

const scenarios: readonly Scenario[] = [
  { name: 'all well', faults: [] },
  { name: 'one refuses connections', faults: [{ kind: 'refused', for: '10m', times: 1, when }] },
  { name: 'one hangs', faults: [{ kind: 'silent_before', when }] },
  { name: 'one cuts every stream', faults: [{ kind: 'cut', after: 20, when: { ...when, stream: true } }] },
  { name: 'one answers half with 429', faults: [{ kind: 'rate_limit', retry_after: '1s', rate: 0.5, when }] },
]

const latency = { first_token: '50ms', chunk: '5ms' }
const routing = (urls: ReadonlyMap<string, string>): string => `version: 1
providers:
  anthropic: { api_key: mock, base_url: "${urls.get('anthropic')}" }
  openai: { api_key: mock, base_url: "${urls.get('openai')}/v1" }
  gemini: { api_key: mock, base_url: "${urls.get('gemini')}" }
models:
  all: { strategy: weighted, targets: [{ target: openai/m, weight: 1 }, { target: anthropic/m, weight: 1 }, { target: gemini/m, weight: 1 }] }
log: { level: error }
`

type Report = {
  readonly name: string
  readonly crowd: Crowd
  readonly perSecond: number
  readonly peakMiB: number
  /** Requests to providers beyond one for each of a caller. */
  readonly further: number
}

const reports: Report[] = []
for (const scenario of scenarios) reports.push(await play(scenario))
const calm = reports[0]
console.log(`${values.callers} callers at once, ${values.requests} requests, a third to each of three providers\n`)
console.log(
  'scenario                    seen by callers    p50 ms (more)    p99 ms (more)   requests/s  further requests  peak MiB',
)
for (const { name, crowd, perSecond, peakMiB, further } of reports) {
  const ms = (share: number): string => {
    const value = percentile(crowd.latencies, share)
    const more = value - percentile(calm?.crowd.latencies ?? [], share)
    return `${value.toFixed(0)} (${more < 0 ? '' : '+'}${more.toFixed(0)})`.padStart(16)
  }
  const columns = [
    name.padEnd(26),
    `${crowd.failures.length} failures`.padStart(16),
    ms(0.5),
    ms(0.99),
    perSecond.toFixed(0).padStart(12),
    `${further} (${((100 * further) / crowd.requests).toFixed(1)} %)`.padStart(17),
    peakMiB.toFixed(0).padStart(9),
  ]
  console.log(columns.join(' '))
}
for (const { name, crowd } of reports) {
  for (const failure of new Set(crowd.failures.slice(0, 5))) console.log(`${name}: ${failure}`)
}
process.exit(reports.some(({ crowd }) => crowd.failures.length > 0) ? 1 : 0)

async function play({ name, faults }: Scenario): Promise<Report> {
  const mock = await startMocks(dialects)
  const sound = readFaultPlan({ latency, faults: [] })
  const broken = readFaultPlan({ latency, faults })
  if (!sound.ok || !broken.ok) throw new Error(`the fault plan of "${name}" is wrong`)
  mock.setFaults(sound.value)
  const relay = await startRelay(routing(new Map(mock.providers.map((provider) => [provider.name, provider.url]))))
  const expected = (await plainAsk(relay.url, { dialect: 'chat', stream: false, model: 'all' })).text
  mock.reset()
  mock.setFaults(broken.value)
  const pid = relay.process.pid ?? 0
  let peakMiB = 0
  const watch = setInterval(() => {
    peakMiB = Math.max(peakMiB, rssMiB(pid))
  }, 250)
  const startedMs = performance.now()
  const crowd = await askAsCrowd({
    url: relay.url,
    model: 'all',
    callers: Number(values.callers),
    requests: Number(values.requests),
    expected,
  })
  const seconds = (performance.now() - startedMs) / 1000
  clearInterval(watch)
  const upstream = mock.stats().requests
  await relay.stop()
  await mock.close()
  return { name, crowd, perSecond: crowd.requests / seconds, peakMiB, further: Math.max(0, upstream - crowd.requests) }
}
