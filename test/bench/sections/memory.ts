import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench } from '../bench.ts'
import { rssMiB } from '../process-cost.ts'
import { bare } from '../relays/bare.ts'
import { nginx } from '../relays/nginx.ts'
import { outrigger, outriggerOf } from '../relays/outrigger.ts'
import { portkey } from '../relays/portkey.ts'
import type { Relay, RelayKind, Upstream } from '../relays/relay.ts'
import type { Section } from '../section.ts'
import { measureStreams } from '../stream-load.ts'
import type { Row } from '../table.ts'
import { endPaced, startPaced } from './paced.ts'
import { bodyOf, targetOf } from './questions.ts'

const model = 'slow'
const streams = 1000
// What is loaded after the port is open is there by then.
const settledMs = 3000
// V8 looks half a minute after the last request whether memory can be given back.
const restsMs = [15_000, 60_000] as const

/** Resident memory with many streams, and after them. */
export const memory: Section = {
  name: 'memory',
  title: 'Memory with a thousand streams',
  about: `Resident memory of each relay, MiB: three seconds after its start, at the end of some seconds with 1,000 streams of 5 chunks a second, and
when these have gone. \`outrigger\` is the bundle on an installed Node with Node's own settings; the executable has settings for little memory inside.`,
  async play(bench) {
    const upstream = await startPaced(bench, { [model]: '/every/200' })
    const kinds = [nginx, bare, outrigger, outriggerOf('executable', 'executable'), portkey]
    const wanted = kinds.filter(({ name }) => bench.settings.relays?.includes(name) ?? true)
    const notes: string[] = []
    const rows: Promise<Row>[] = []
    for (const kind of wanted) {
      const played = await play(bench, kind, upstream)
      if (typeof played === 'string') notes.push(played)
      else rows.push(played.row)
    }
    const columns = ['idle', '1,000 streams', ...restsMs.map((ms) => `${ms / 1000} s after`)]
    const table = {
      title: 'Resident memory, MiB',
      columns: columns.map((heading) => ({ heading, digits: 0 })),
      rows: await Promise.all(rows),
    }
    return { tables: [table], notes, ratios: {} }
  },
}

/** Its row once it has rested, or why there is none. The next relay has its turn meanwhile. */
async function play(bench: Bench, kind: RelayKind, upstream: Upstream): Promise<{ readonly row: Promise<Row> } | string> {
  const started = await kind.start(bench, upstream)
  if (!started.ok) return started.error
  const relay = started.value
  const target = targetOf(relay, { model, dialect: 'openai-chat', body: bodyOf({ model, characters: 1800, stream: true }) })
  if (target === undefined) return `${kind.name} cannot be asked`
  await sleep(settledMs)
  const idle = rssMiB(relay.pid)
  const { rssMiB: peak, failed } = await measureStreams(bench, target, { streams, leastSeconds: 5 })
  if (failed > 0) return `${kind.name} failed ${failed} streams`
  await endPaced(upstream)
  return { row: rested(relay, [idle, peak]) }
}

async function rested({ name, pid }: Relay, before: readonly number[]): Promise<Row> {
  const after: number[] = []
  let waitedMs = 0
  for (const ms of restsMs) {
    await sleep(ms - waitedMs)
    waitedMs = ms
    after.push(rssMiB(pid))
  }
  return { name, figures: [...before, ...after] }
}
