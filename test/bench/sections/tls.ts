import type { Bench } from '../bench.ts'
import { type Asked, measureAll, warmUp } from '../load.ts'
import { bareOf } from '../relays/bare.ts'
import { nginx } from '../relays/nginx.ts'
import { outriggerOf } from '../relays/outrigger.ts'
import type { Relay, RelayKind, Upstream } from '../relays/relay.ts'
import { timesCpu } from '../rounds.ts'
import type { Section } from '../section.ts'
import { bodyOf, targetOf } from './questions.ts'
import { startTlsUpstreams } from './upstream.ts'

const question = { dialect: 'openai-chat', model: 'whole', body: bodyOf({ model: 'whole', characters: 1800 }) } as const
const protocolQuestion = { ...question, model: 'protocol', body: bodyOf({ model: 'protocol', characters: 10 }) }

/** What TLS towards the upstream costs, and which protocol is spoken there. */
export const tls: Section = {
  name: 'tls',
  title: 'An upstream with TLS',
  about: `The first table's request of 2 KB, with TLS 1.3 between relay and upstream; connections stay open, as all relays keep them. \`h1\` is an
upstream that speaks HTTP/1.1 only, \`h2\` one that prefers HTTP/2; what was spoken in truth is what the upstream said, in the last column.
nginx speaks HTTP/1.1 to its upstreams always, Outrigger wherever the upstream does.`,
  async play(bench) {
    const upstreams = await startTlsUpstreams(bench)
    const asked: Spoken[] = []
    for (const [kind, upstream] of pairs(upstreams)) await add(bench, { kind, upstream, asked })
    await warmUp(bench, asked)
    const medians = await measureAll(bench, asked)
    const base = medians.find(({ name }) => name === 'bare, h1')?.rounds
    const rows = medians.map((sample) => ({
      name: sample.name,
      figures: [
        sample.perSecond,
        sample.cpuMicroseconds,
        base === undefined ? undefined : timesCpu(sample.rounds, base),
        sample.p50Ms,
        sample.p99Ms,
        sample.errors,
        sample.httpVersion,
      ],
    }))
    const ours = medians.find(({ name }) => name === 'outrigger, h1')?.rounds
    return {
      tables: [{ title: 'A request of 2 KB, a whole answer, TLS to the upstream', columns, rows }],
      notes: [],
      ratios: base === undefined || ours === undefined ? {} : { tls: timesCpu(ours, base) },
    }
  },
}

const columns = [
  { heading: 'requests/s', digits: 0 },
  { heading: 'CPU µs/request', digits: 1 },
  { heading: '× bare, h1', digits: 2 },
  { heading: 'p50 ms', digits: 2 },
  { heading: 'p99 ms', digits: 2 },
  { heading: 'errors', digits: 0 },
  { heading: 'HTTP spoken', digits: 1 },
]

type Spoken = Asked & { readonly httpVersion: number | undefined }

function pairs({ h1, h2 }: { readonly h1: Upstream; readonly h2: Upstream }): readonly (readonly [RelayKind, Upstream])[] {
  return [
    [nginx, h1],
    [bareOf('bare, h1', { h2: false }), h1],
    [bareOf('bare, h2', { h2: true }), h2],
    [outriggerOf('outrigger, h1', 'bundle'), h1],
    [outriggerOf('outrigger, h2', 'bundle'), h2],
  ]
}

type Add = { readonly kind: RelayKind; readonly upstream: Upstream; readonly asked: Spoken[] }

async function add(bench: Bench, { kind, upstream, asked }: Add): Promise<void> {
  const wanted = bench.settings.relays
  if (wanted !== undefined && !wanted.some((name) => kind.name.startsWith(name))) return
  const started = await kind.start(bench, upstream)
  if (!started.ok) return
  const target = targetOf(started.value, question)
  if (target !== undefined) asked.push({ name: kind.name, target, httpVersion: await spoken(started.value) })
}

/** The version of HTTP that the upstream says it was asked in. */
async function spoken(relay: Relay): Promise<number | undefined> {
  const target = targetOf(relay, protocolQuestion)
  if (target === undefined) return undefined
  const headers = { 'content-type': 'application/json', ...target.headers }
  const answer = await fetch(target.url, { method: 'POST', headers, body: target.body })
  return Number(/HTTP\/(\d\.\d)/.exec(await answer.text())?.[1] ?? Number.NaN)
}
