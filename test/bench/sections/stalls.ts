import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench } from '../bench.ts'
import { type Asked, askOnce, type Target } from '../load.ts'
import { type Met, probeDuring } from '../probe.ts'
import { bare } from '../relays/bare.ts'
import { nginx } from '../relays/nginx.ts'
import { outrigger } from '../relays/outrigger.ts'
import { portkey } from '../relays/portkey.ts'
import { startRelays } from '../relays/start.ts'
import { inTurns, median } from '../rounds.ts'
import type { Section } from '../section.ts'
import type { Table } from '../table.ts'
import { bodyOf, targetOf } from './questions.ts'
import { startUpstream } from './upstream.ts'

const mebibytes = 30
const small = bodyOf({ model: 'whole', characters: 1800 })

/** How long other callers wait while one sends a very large body. */
export const stalls: Section = {
  name: 'stalls',
  title: 'A body of 30 MiB while others ask',
  about: `One caller asks small questions one after the other; another sends 30 MiB, three times: a picture written into the request, or a conversation
of 7,680 messages. \`longest\` is the longest that the first caller waited for an answer meanwhile, \`calm\` without the large body; \`direct\`, without
a relay, is what the machine itself adds. \`answered\` is how long the large request took.`,
  async play(bench) {
    const upstream = await startUpstream(bench)
    const { relays, notes } = await startRelays(bench, [nginx, bare, outrigger, portkey], upstream)
    const direct = { url: `${upstream.origin}/v1/chat/completions`, headers: {}, body: small, pid: undefined }
    const asked: Asked[] = [{ name: 'direct', target: direct }]
    for (const relay of relays) {
      const target = targetOf(relay, { model: 'whole', dialect: 'openai-chat', body: small })
      if (target !== undefined) asked.push({ name: relay.name, target })
    }
    // Once before it counts: the first large body also grows the memory.
    await inTurns(asked, 1, ({ target }) => askOnce(target, picture()))
    const tables = [
      await play(bench, asked, { title: 'A picture of 30 MiB', body: picture() }),
      await play(bench, asked, { title: 'A conversation of 30 MiB', body: conversation() }),
    ]
    return { tables, notes, ratios: {} }
  },
}

type Large = { readonly title: string; readonly body: string }
type Sample = { readonly calm: Met; readonly met: Met; readonly answeredMs: number; readonly refused: number }

async function play(bench: Bench, asked: readonly Asked[], large: Large): Promise<Table> {
  const samples = await inTurns(asked, bench.settings.rounds, ({ target }) => sample(bench, target, large.body))
  return {
    title: large.title,
    columns: [
      { heading: 'calm ms', digits: 1 },
      { heading: 'longest ms', digits: 1 },
      { heading: 'answered ms', digits: 0 },
      { heading: 'refused', digits: 0 },
      { heading: 'failed of others', digits: 0 },
    ],
    rows: [...samples].map(([{ name }, taken]) => ({
      name,
      figures: [
        median(taken, ({ calm }) => calm.longestMs),
        median(taken, ({ met }) => met.longestMs),
        median(taken, ({ answeredMs }) => answeredMs),
        Math.max(...taken.map(({ refused }) => refused)),
        Math.max(...taken.map(({ met }) => met.failed)),
      ],
    })),
  }
}

async function sample(bench: Bench, target: Target, body: string): Promise<Sample> {
  const calm = await probeDuring(bench, target, () => sleep(bench.settings.seconds * 1000))
  let refused = 0
  const tookMs: number[] = []
  const met = await probeDuring(bench, target, async () => {
    for (let count = 0; count < 3; count++) {
      const startedMs = performance.now()
      if ((await askOnce(target, body)) !== 200) refused++
      tookMs.push(performance.now() - startedMs)
    }
  })
  return { calm, met, refused, answeredMs: median(tookMs, (ms) => ms) }
}

function picture(): string {
  const url = `data:image/png;base64,${'iVBORw0KGgo'.repeat(Math.floor((mebibytes * 1024 * 1024) / 11))}`
  const content = [
    { type: 'text', text: 'What is on it?' },
    { type: 'image_url', image_url: { url } },
  ]
  return JSON.stringify({ model: 'whole', messages: [{ role: 'user', content }] })
}

function conversation(): string {
  const content = 'A sentence that somebody said before. '.repeat(107)
  const messages = Array.from({ length: mebibytes * 256 }, (_, at) => ({ role: at % 2 === 0 ? 'user' : 'assistant', content }))
  return JSON.stringify({ model: 'whole', messages: [...messages, { role: 'user', content: 'And now?' }] })
}
