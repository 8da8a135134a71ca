import type { Bench } from '../bench.ts'
import { type Asked, measureAll, warmUp } from '../load.ts'
import { bare } from '../relays/bare.ts'
import { nginx } from '../relays/nginx.ts'
import { outrigger } from '../relays/outrigger.ts'
import { portkey } from '../relays/portkey.ts'
import { startRelays } from '../relays/start.ts'
import { timesCpu } from '../rounds.ts'
import type { Section } from '../section.ts'
import type { Table } from '../table.ts'
import { bodyOf, targetOf } from './questions.ts'
import { startUpstream } from './upstream.ts'

const counts = [1, 16, 64, 256, 1000]
const body = bodyOf({ model: 'whole', characters: 1800 })

/** One connection to a thousand. */
export const connections: Section = {
  name: 'connections',
  title: 'From one connection to a thousand',
  about: `The first table's request of 2 KB. \`direct\` is the upstream without a relay; what is added is a relay's p50 and p99 less those. With one
connection that is what a caller waits longer for; with many, all that the core can do is asked for, and what is added is mostly the queue
before it.`,
  async play(bench) {
    const upstream = await startUpstream(bench)
    const { relays, notes } = await startRelays(bench, [nginx, bare, outrigger, portkey], upstream)
    const direct = { url: `${upstream.origin}/v1/chat/completions`, headers: {}, body, pid: undefined }
    const asked: Asked[] = [{ name: 'direct', target: direct }]
    for (const relay of relays) {
      const target = targetOf(relay, { model: 'whole', dialect: 'openai-chat', body })
      if (target !== undefined) asked.push({ name: relay.name, target })
    }
    // The compilers of JavaScript and the connections to the upstream are to be warm before the first table.
    await warmUp(bench, asked)
    const tables: Table[] = []
    for (const count of counts) tables.push(await play(bench, count, asked))
    return { tables, notes, ratios: {} }
  },
}

async function play(bench: Bench, count: number, asked: readonly Asked[]): Promise<Table> {
  const medians = await measureAll(bench, asked, count)
  const [direct] = medians
  const bare = medians.find(({ name }) => name === 'bare')?.rounds
  return {
    title: `${count} ${count === 1 ? 'connection' : 'connections'}`,
    columns: [
      { heading: 'requests/s', digits: 0 },
      { heading: 'CPU µs/request', digits: 1 },
      { heading: '× bare', digits: 2 },
      { heading: 'p50 ms', digits: 2 },
      { heading: 'p99 ms', digits: 2 },
      { heading: 'added p50 ms', digits: 2 },
      { heading: 'added p99 ms', digits: 2 },
      { heading: 'errors', digits: 0 },
    ],
    rows: medians.map((sample) => {
      const relayed = sample !== direct
      return {
        name: sample.name,
        figures: [
          sample.perSecond,
          relayed ? sample.cpuMicroseconds : undefined,
          relayed && bare !== undefined ? timesCpu(sample.rounds, bare) : undefined,
          sample.p50Ms,
          sample.p99Ms,
          relayed ? sample.p50Ms - (direct?.p50Ms ?? 0) : undefined,
          relayed ? sample.p99Ms - (direct?.p99Ms ?? 0) : undefined,
          sample.errors,
        ],
      }
    }),
  }
}
