import { setTimeout as sleep } from 'node:timers/promises'
import { type Bench, openBench } from '../bench.ts'
import { rssMiB } from '../process-cost.ts'
import { bare } from '../relays/bare.ts'
import { litellm } from '../relays/litellm.ts'
import { nginx } from '../relays/nginx.ts'
import { outrigger, outriggerOf } from '../relays/outrigger.ts'
import { portkey } from '../relays/portkey.ts'
import type { RelayKind, Upstream } from '../relays/relay.ts'
import { median } from '../rounds.ts'
import type { Section } from '../section.ts'
import type { Row } from '../table.ts'

// What is loaded after the port is open is there by then.
const settledMs = 3000
const upstream: Upstream = { origin: 'http://127.0.0.1:9', paths: { whole: '/v1' } }

/** From the start to an open port, and the memory that is taken then. */
export const start: Section = {
  name: 'start',
  title: 'Start, and memory without requests',
  about: `From the start of the process until it takes connections, its files in the machine's cache; and its resident memory three seconds later,
before the first request. LiteLLM is started once only.`,
  async play(bench) {
    const rows: Row[] = []
    const notes: string[] = []
    const kinds = [
      nginx,
      bare,
      outrigger,
      outriggerOf('from source', 'source'),
      outriggerOf('executable', 'executable'),
      portkey,
      litellm,
    ]
    for (const kind of kinds) {
      if (bench.settings.relays !== undefined && !bench.settings.relays.includes(kind.name)) continue
      const started = await startOften(bench, kind)
      if (typeof started === 'string') notes.push(started)
      else rows.push(started)
    }
    const columns = [
      { heading: 'listens after ms', digits: 0 },
      { heading: 'RSS MiB', digits: 0 },
    ]
    return { tables: [{ title: 'Start', columns, rows }], notes, ratios: {} }
  },
}

/** Its row, or why there is none. */
async function startOften({ settings }: Bench, kind: RelayKind): Promise<Row | string> {
  const starts: number[] = []
  const rounds = kind.name === 'litellm' ? 1 : settings.rounds
  let memory = 0
  for (let round = 0; round < rounds; round++) {
    const once = openBench(settings)
    try {
      const started = await kind.start(once, upstream)
      if (!started.ok) return started.error
      starts.push(started.value.startMs)
      if (round === rounds - 1) {
        await sleep(settledMs)
        memory = rssMiB(started.value.pid)
      }
    } finally {
      await once.close()
    }
  }
  return { name: kind.name, figures: [median(starts, (ms) => ms), memory] }
}
