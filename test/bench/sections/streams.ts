import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench } from '../bench.ts'
import type { Asked, Target } from '../load.ts'
import { bare } from '../relays/bare.ts'
import { nginx } from '../relays/nginx.ts'
import { outrigger } from '../relays/outrigger.ts'
import { portkey } from '../relays/portkey.ts'
import type { Question, Relay, Upstream } from '../relays/relay.ts'
import { startRelays } from '../relays/start.ts'
import { inTurns, timesCpu } from '../rounds.ts'
import type { Section } from '../section.ts'
import { measureStreams, medianOfStreams, type StreamCount, type StreamSample } from '../stream-load.ts'
import type { Column, Table } from '../table.ts'
import { endPaced, startPaced } from './paced.ts'
import { bodyOf, targetOf } from './questions.ts'

/** So many streams at once, of a model that sends at its own pace. */
type Pace = StreamCount & { readonly title: string; readonly name: string; readonly model: string }

const paths = { five: '/every/5', one: '/every/1', slow: '/every/200', short: '/every/20/times/50' }
const paces: readonly Pace[] = [
  { title: '16 streams, a chunk every 5 ms', name: 'paced', model: 'five', streams: 16, leastSeconds: 1 },
  { title: '16 streams, a chunk every 1 ms', name: 'paced fast', model: 'one', streams: 16, leastSeconds: 1 },
  { title: '1,000 streams, 5 chunks a second each', name: 'thousand', model: 'slow', streams: 1000, leastSeconds: 3 },
]
const short: Pace = {
  title: '128 streams: time to the first token',
  name: 'first token',
  model: 'short',
  streams: 128,
  leastSeconds: 2,
}

/** Answers that come at the pace of a model. */
export const streams: Section = {
  name: 'streams',
  title: 'Streams at the pace of a model',
  about: `A model's chunks come one by one, each a packet that wakes the relay up: what a chunk costs here are mostly system calls. \`translated\` is
Outrigger asked in Anthropic's dialect. Latency is the time from the upstream's write of a chunk to the caller's read, the clock being the
same. A stream that has nothing for two seconds is stalled. \`load\` is the share of the other core that the load itself takes; \`direct\` is the
upstream without a relay. The time to the first token is taken with 128 streams of 50 chunks in one second, each asked for anew when it ends.`,
  async play(bench) {
    const upstream = await startPaced(bench, paths)
    const { relays, notes } = await startRelays(bench, [nginx, bare, outrigger, portkey], upstream)
    const tables: Table[] = []
    const ratios: Record<string, number> = {}
    for (const pace of paces) {
      const medians = await play(bench, pace, { upstream, relays })
      tables.push(paceTable(pace, medians))
      Object.assign(ratios, ratiosOf(pace, medians))
    }
    tables.push(firstTokenTable(await play(bench, short, { upstream, relays })))
    return { tables, notes, ratios }
  },
}

type Medians = ReadonlyMap<string, StreamSample & { readonly rounds: readonly StreamSample[] }>
type Field = { readonly upstream: Upstream; readonly relays: readonly Relay[] }

async function play(bench: Bench, pace: Pace, field: Field): Promise<Medians> {
  const take = async ({ target }: Asked): Promise<StreamSample> => {
    const sample = await measureStreams(bench, target, pace)
    await endPaced(field.upstream)
    await sleep(300)
    return sample
  }
  const samples = await inTurns(askedOf(pace.model, field), bench.settings.rounds, take)
  return new Map([...samples].map(([{ name }, taken]) => [name, { ...medianOfStreams(taken), rounds: taken }]))
}

function askedOf(model: string, { upstream, relays }: Field): readonly Asked[] {
  const body = bodyOf({ model, characters: 1800, stream: true })
  const base = upstream.paths[model]
  const direct: Target = { url: `${upstream.origin}${base}/chat/completions`, headers: {}, body, pid: undefined }
  const ask = (relay: Relay, name: string, question: Question & { readonly body: string }): readonly Asked[] => {
    const target = targetOf(relay, question)
    return target === undefined ? [] : [{ name, target }]
  }
  const translated = bodyOf({ model, characters: 1800, stream: true, max_tokens: 1000 })
  return [
    { name: 'direct', target: direct },
    ...relays.flatMap((relay) => [
      ...ask(relay, relay.name, { model, dialect: 'openai-chat', body }),
      ...(relay.name === 'outrigger' ? ask(relay, 'translated', { model, dialect: 'anthropic', body: translated }) : []),
    ]),
  ]
}

function ratiosOf({ name }: Pace, medians: Medians): Record<string, number> {
  const [same, translated] = [times(medians, 'outrigger', 'bare'), times(medians, 'translated', 'bare')]
  return {
    ...(same === undefined ? {} : { [name]: same }),
    ...(translated === undefined ? {} : { [`${name}, translated`]: translated }),
  }
}

/** CPU of a chunk, as so many times that of another relay. */
function times(medians: Medians, name: string, other: string): number | undefined {
  const [one, two] = [medians.get(name), medians.get(other)]
  return one === undefined || two === undefined ? undefined : timesCpu(one.rounds, two.rounds)
}

const paceColumns: readonly Column[] = [
  { heading: 'chunks/s', digits: 0 },
  { heading: 'CPU µs/chunk', digits: 1 },
  { heading: '× nginx', digits: 2 },
  { heading: '× bare', digits: 2 },
  { heading: 'chunk p50 ms', digits: 2 },
  { heading: 'chunk p99 ms', digits: 2 },
  { heading: 'stalled', digits: 0 },
  { heading: 'failed', digits: 0 },
  { heading: 'load %', digits: 0 },
]

function paceTable({ title }: Pace, medians: Medians): Table {
  const rows = [...medians].map(([name, sample]) => {
    const cpu = name === 'direct' ? undefined : sample.cpuMicroseconds
    return {
      name,
      figures: [
        sample.perSecond,
        cpu,
        cpu === undefined ? undefined : times(medians, name, 'nginx'),
        cpu === undefined ? undefined : times(medians, name, 'bare'),
        sample.chunkP50Ms,
        sample.chunkP99Ms,
        sample.stalled,
        sample.failed,
        sample.loadShare * 100,
      ],
    }
  })
  return { title, columns: paceColumns, rows }
}

function firstTokenTable(medians: Medians): Table {
  const direct = medians.get('direct')
  const rows = [...medians].map(([name, sample]) => {
    const added = (ms: number, base: number | undefined): number | undefined =>
      name === 'direct' || base === undefined ? undefined : ms - base
    return {
      name,
      figures: [
        sample.firstTokenP50Ms,
        sample.firstTokenP99Ms,
        added(sample.firstTokenP50Ms, direct?.firstTokenP50Ms),
        added(sample.firstTokenP99Ms, direct?.firstTokenP99Ms),
        sample.stalled,
        sample.failed,
        sample.loadShare * 100,
      ],
    }
  })
  const columns = [
    { heading: 'p50 ms', digits: 2 },
    { heading: 'p99 ms', digits: 2 },
    { heading: 'added p50 ms', digits: 2 },
    { heading: 'added p99 ms', digits: 2 },
    { heading: 'stalled', digits: 0 },
    { heading: 'failed', digits: 0 },
    { heading: 'load %', digits: 0 },
  ]
  return { title: short.title, columns, rows }
}
