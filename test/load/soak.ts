/**
 * Hundreds of callers for many minutes while providers fail at random and the routing file changes every few seconds: no
 * answer may be lost, doubled or changed, no error may reach a caller, and memory must come back to where it was, once garbage has been collected: before
 * that it is what V8 has not yet given back.
 * Usage: make soak [ARGS="--callers 500 --minutes 10"]
 */
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { dialects } from '#dialect/registry.ts'
import { readFaultPlan } from '#mock/fault-plan.ts'
import { startMocks } from '#mock/start-mocks.ts'
import { rssMiB } from '../bench/process-cost.ts'
import { clientDialects, naturalEnd } from '../support/askers.ts'
import { startRelay } from '../support/relay-process.ts'
import { plainAsk } from './plain-ask.ts'
import { debuggerIn, type SettledMemory, settledMemory } from './settled-memory.ts'

const { values } = parseArgs({
  options: {
    callers: { type: 'string', default: '500' },
    minutes: { type: 'string', default: '10' },
  },
})

const latency = { first_token: '200ms', chunk: '20ms' }
const rate = 0.02
const faults = [
  { kind: 'reset', rate },
  { kind: 'error', status: 500, rate },
  { kind: 'error', status: 529, rate },
  { kind: 'rate_limit', retry_after: '1s', rate },
  { kind: 'html_200', rate },
  { kind: 'empty_content', rate },
  { kind: 'cut', after: 20, rate, when: { stream: true } },
  { kind: 'reset_mid_stream', after: 30, rate, when: { stream: true } },
  { kind: 'malformed_event', after: 10, rate, when: { stream: true } },
  { kind: 'silent', after: 25, rate: rate / 4, when: { stream: true } },
  { kind: 'silent_before', rate: rate / 4, when: { stream: true } },
]

const mock = await startMocks(dialects)
const plan = readFaultPlan({ seed: 7, latency, faults })
if (!plan.ok) throw new Error(plan.error.join('\n'))
const urls = new Map(mock.providers.map(({ name, url }) => [name, url]))
const routing = (version: number): string => `version: 1
providers:
  anthropic: { api_key: mock, base_url: "${urls.get('anthropic')}" }
  openai: { api_key: mock, base_url: "${urls.get('openai')}/v1" }
  gemini: { api_key: mock, base_url: "${urls.get('gemini')}" }
models:
  all: { strategy: weighted, targets: [{ target: openai/m, weight: ${1 + (version % 3)} }, { target: anthropic/m, weight: 1 }, { target: gemini/m, weight: 1 }] }
timeouts: { first_token: 3s, idle: 3s, total: 60s }
retry: { attempts: 8, backoff: { base: 50ms }, budget: 50% }
log: { level: warn }
`
mock.setFaults({ ...plan.value, faults: [] })
const relay = await startRelay(routing(0), { env: { NODE_OPTIONS: '--inspect=127.0.0.1:0' } })
const pid = relay.process.pid ?? 0
let exited = false
relay.process.once('exit', () => {
  exited = true
})

const failures = new Map<string, number>()
let asked = 0
let reloads = 0
let serial = 0

/** Each question has a number, and the mock's answer quotes the question: a mixed-up answer shows. */
async function call(): Promise<void> {
  const number = ++serial
  const dialect = clientDialects[number % clientDialects.length] ?? 'chat'
  const stream = number % 8 < 6
  const prompt = `Question ${number}: say it back.`
  const answer = await plainAsk(relay.url, { dialect, stream, model: 'all', prompt })
  asked++
  const count = answer.text.split(`Question ${number}:`).length - 1
  const wrong =
    answer.error !== undefined
      ? `${answer.error.status} ${answer.error.message}`
      : count !== 1
        ? `the question is quoted ${count} times: ${answer.text}`
        : answer.finish === naturalEnd[dialect]
          ? undefined
          : `ended with ${answer.finish}`
  if (wrong === undefined) return
  const words = `${dialect} ${stream ? 'stream' : 'whole'}: ${wrong.replace(/\d{3,}/g, 'N').slice(0, 300)}`
  failures.set(words, (failures.get(words) ?? 0) + 1)
}

async function load(untilMs: number): Promise<void> {
  await Promise.all(
    Array.from({ length: Number(values.callers) }, async () => {
      while (performance.now() < untilMs && !exited) await call()
    }),
  )
}

const minutes = Number(values.minutes)
const warmUpMs = Math.min(60_000, minutes * 30_000)
const silenceMs = 15_000

/** What stays after a silence in which connections and timers end. */
async function memoryAfterSilence(): Promise<SettledMemory> {
  await sleep(silenceMs)
  return settledMemory(debuggerIn(relay.log()))
}

// The first load fills pools, bounded caches and compiled code, which stay: with all faults and reloads, as the long one.
mock.setFaults(plan.value)
const reload = setInterval(() => {
  writeFileSync(relay.configPath, routing(++reloads))
}, 5000)
await load(performance.now() + warmUpMs)
const before = await memoryAfterSilence()
const endMs = performance.now() + minutes * 60_000
const watch = setInterval(() => {
  console.log(`${((endMs - performance.now()) / 60_000).toFixed(1)} min left: ${asked} answers, ${rssMiB(pid).toFixed(0)} MiB`)
}, 30_000)
await load(endMs)
clearInterval(reload)
clearInterval(watch)
const after = exited ? undefined : await memoryAfterSilence()
const metrics = exited ? '' : await (await fetch(`${relay.adminUrl}/metrics`)).text()
const inFlight = Number(/^outrigger_in_flight (\d+)/m.exec(metrics)?.[1] ?? Number.NaN)
const log = relay.log()
const bugs = log.split('\n').filter((line) => /internal_error|unhandled|uncaught/i.test(line))
const stats = mock.stats()
await relay.stop()
await mock.close()

const inWords = (memory: SettledMemory | undefined): string =>
  memory === undefined
    ? 'none'
    : `${memory.resident.toFixed(0)} MiB resident, ${memory.heap.toFixed(1)} heap, ${memory.external.toFixed(1)} buffers`
const grew = after === undefined || after.resident > before.resident * 1.1 || after.heap > before.heap * 1.1

const failed = [...failures.values()].reduce((sum, count) => sum + count, 0)
console.log(`\n${asked} answers, ${failed} failures seen by callers, ${reloads} reloads, ${stats.requests} requests to providers`)
console.log(`faults: ${JSON.stringify(stats.faults)}`)
console.log(`memory before: ${inWords(before)}; after: ${inWords(after)}; ${inFlight} requests still in flight`)
for (const [words, count] of [...failures].slice(0, 10)) console.log(`${count} × ${words}`)
for (const line of bugs.slice(0, 5)) console.log(line)
process.exit(exited || failed > 0 || bugs.length > 0 || inFlight !== 0 || grew ? 1 : 0)
