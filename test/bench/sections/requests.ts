import type { Bench } from '../bench.ts'
import { type Measured, measureAll, warmUp } from '../load.ts'
import { bare } from '../relays/bare.ts'
import { litellm } from '../relays/litellm.ts'
import { nginx } from '../relays/nginx.ts'
import { outrigger, outriggerOf } from '../relays/outrigger.ts'
import { portkey } from '../relays/portkey.ts'
import type { Relay } from '../relays/relay.ts'
import { startRelays } from '../relays/start.ts'
import { timesCpu } from '../rounds.ts'
import type { Section } from '../section.ts'
import type { Table } from '../table.ts'
import { type Scenario, scenarios, targetOf } from './questions.ts'
import { startUpstream } from './upstream.ts'

/** Outrigger and all others, one scenario after the other. */
export const requests: Section = {
  name: 'requests',
  title: 'Whole requests, and streams that come at once',
  about: `As fast as each relay can, all connections asking again as soon as they have their answer. CPU is what the operating system
counts for the relay's process, kernel time included, for one request; \`×\` is that of nginx as a plain proxy, and of the least that a
relay in Node can do (\`test/bench/programs/bare-proxy.ts\`: node:http, one parse, undici). A plain proxy knows no dialects: where others
translate, it passes a request of the same size on.`,
  async play(bench) {
    const upstream = await startUpstream(bench)
    const kinds = [
      nginx,
      bare,
      outrigger,
      outriggerOf('from source', 'source'),
      outriggerOf('executable', 'executable'),
      portkey,
      litellm,
    ]
    const { relays, notes } = await startRelays(bench, kinds, upstream)
    const tables: Table[] = []
    const faster: string[] = []
    const ratios: Record<string, number> = {}
    for (const scenario of scenarios) {
      const medians = await play(bench, scenario, relays)
      tables.push(tableOf(scenario, medians))
      const ratio = times(medians, 'outrigger', 'bare')
      if (ratio !== undefined) ratios[scenario.name] = ratio
      faster.push(...throughput(scenario, medians))
    }
    return { tables, notes: [...notes, ...faster], ratios }
  },
}

type Medians = ReadonlyMap<string, Measured>

async function play(bench: Bench, scenario: Scenario, relays: readonly Relay[]): Promise<Medians> {
  const asked = relays.flatMap((relay) => {
    const target = targetOf(relay, scenario)
    // What forms there are makes no difference but to the first scenario.
    const form = relay.name === 'from source' || relay.name === 'executable'
    return target === undefined || (form && scenario.name !== 'whole') ? [] : [{ name: relay.name, target }]
  })
  await warmUp(bench, asked)
  return new Map((await measureAll(bench, asked)).map((sample) => [sample.name, sample]))
}

function tableOf(scenario: Scenario, medians: Medians): Table {
  return {
    title: scenario.title,
    columns: [
      { heading: 'requests/s', digits: 0 },
      { heading: 'CPU µs/request', digits: 1 },
      { heading: '× nginx', digits: 2 },
      { heading: '× bare', digits: 2 },
      { heading: 'p50 ms', digits: 2 },
      { heading: 'p99 ms', digits: 2 },
      { heading: 'RSS MiB', digits: 0 },
      { heading: 'errors', digits: 0 },
    ],
    rows: [...medians].map(([name, sample]) => ({
      name,
      figures: [
        sample.perSecond,
        sample.cpuMicroseconds,
        times(medians, name, 'nginx'),
        times(medians, name, 'bare'),
        sample.p50Ms,
        sample.p99Ms,
        sample.rssMiB,
        sample.errors,
      ],
    })),
  }
}

/** CPU of a request, as so many times that of another relay. */
function times(medians: Medians, name: string, other: string): number | undefined {
  const [one, two] = [medians.get(name), medians.get(other)]
  return one === undefined || two === undefined ? undefined : timesCpu(one.rounds, two.rounds)
}

function throughput({ title }: Scenario, medians: Medians): readonly string[] {
  const ours = medians.get('outrigger')
  return ['portkey', 'litellm'].flatMap((name) => {
    const theirs = medians.get(name)
    return ours === undefined || theirs === undefined || theirs.perSecond === 0
      ? []
      : [`${title}: ${(ours.perSecond / theirs.perSecond).toFixed(1)} times the requests a second of ${name}.`]
  })
}
