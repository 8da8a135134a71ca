/**
 * Keeps a number of streams open through a relay, reads what comes, and tells what it saw as one line of JSON. A stream that
 * ends is asked for again at once. Everything is counted within a window that begins when all are open.
 * Usage: node stream-load.ts --url URL --body JSON --streams N --seconds S [--headers JSON] [--pid RELAY]
 */
import { Agent, type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { cpuMicroseconds, rssMiB } from '../process-cost.ts'
import { sharedNowMs } from './clock.ts'
import { headersOf } from './headers.ts'

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: '' },
    body: { type: 'string', default: '' },
    headers: { type: 'string', default: '{}' },
    streams: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '1' },
    pid: { type: 'string' },
  },
})

// Longer than any pace here: who has waited so long for a chunk stands still.
const stalledAfterMs = 2000
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })
const headers = headersOf(values.headers)
const count = Number(values.streams)
const pid = values.pid === undefined ? undefined : Number(values.pid)

let counting = false
let over = false
let chunks = 0
let failed = 0
const latencies: number[] = []
const firstTokens: number[] = []
/** When each stream was last heard of; 0: never. */
const heard = new Float64Array(count)
const stalled = new Set<number>()

// One after the other over a second or two: a thousand connections in one moment are another test.
const rampMs = Math.min(2000, Math.max(500, count * 2))
for (let at = 0; at < count; at++) {
  open(at)
  await sleep(rampMs / count)
}
// Until all have had something; who has nothing after so long is stalled.
for (let waited = 0; waited < 100 && heard.includes(0); waited++) await sleep(100)
await sleep(300)
await measure()
over = true
agent.destroy()

async function measure(): Promise<void> {
  counting = true
  const before = usedBy(pid)
  const ownBefore = process.cpuUsage()
  const startedMs = sharedNowMs()
  await sleep(Number(values.seconds) * 1000)
  const used = usedBy(pid) - before
  const own = process.cpuUsage(ownBefore)
  const tookMs = sharedNowMs() - startedMs
  counting = false
  for (let at = 0; at < count; at++) if (isStalled(at, sharedNowMs())) stalled.add(at)
  const result = {
    chunks,
    perSecond: chunks / (tookMs / 1000),
    cpuMicroseconds: used / chunks,
    ...percentiles('chunk', latencies),
    ...percentiles('firstToken', firstTokens),
    stalled: stalled.size,
    failed,
    rssMiB: pid === undefined ? 0 : rssMiB(pid),
    loadShare: (own.user + own.system) / 1000 / tookMs,
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
}

function open(at: number): void {
  if (over) return
  const askedMs = sharedNowMs()
  const asked = counting
  const outgoing = request(values.url, { method: 'POST', agent, headers }, (response) => {
    if (response.statusCode === 200) {
      read(response, at, asked ? askedMs : undefined)
      return
    }
    response.resume()
    again(at)
  })
  outgoing.once('error', () => again(at))
  outgoing.end(values.body)
}

function isStalled(at: number, nowMs: number): boolean {
  return nowMs - (heard[at] ?? 0) > stalledAfterMs
}

/** After a failure: it is counted, and asked for again a little later. */
function again(at: number): void {
  if (over) return
  if (counting) failed++
  setTimeout(open, 200, at)
}

/** `askedMs`: the first token is still to come, and counts from there. */
function read(response: IncomingMessage, at: number, askedMs: number | undefined): void {
  let waitingSinceMs = askedMs
  let rest = ''
  response.setEncoding('latin1').on('data', (text: string) => {
    const nowMs = sharedNowMs()
    const known = rest + text
    const end = known.lastIndexOf('\n') + 1
    rest = known.slice(end)
    const found = take(known.slice(0, end), nowMs)
    if (found === 0) return
    if (counting && isStalled(at, nowMs)) stalled.add(at)
    heard[at] = nowMs
    if (waitingSinceMs !== undefined && counting) firstTokens.push(nowMs - waitingSinceMs)
    waitingSinceMs = undefined
  })
  response.once('end', () => open(at))
  response.once('error', () => again(at))
}

/** Counts the chunks in complete lines; gives their number. */
function take(lines: string, nowMs: number): number {
  let found = 0
  for (const [, sentMs] of lines.matchAll(/@([\d.]+)@/g)) {
    found++
    if (counting) latencies.push(nowMs - Number(sentMs))
  }
  if (counting) chunks += found
  return found
}

function percentiles(name: string, samples: number[]): Record<string, number> {
  const ascending = samples.sort((a, b) => a - b)
  const at = (share: number): number => ascending[Math.min(ascending.length - 1, Math.floor(share * ascending.length))] ?? 0
  return { [`${name}P50Ms`]: at(0.5), [`${name}P99Ms`]: at(0.99) }
}

function usedBy(relay: number | undefined): number {
  return relay === undefined ? 0 : cpuMicroseconds(relay)
}
