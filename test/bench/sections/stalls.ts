import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench } from '../bench.ts'
import { askOnce, type Target } from '../load.ts'
import { answerBody } from '../nginx.ts'
import { type Met, probeDuring } from '../probe.ts'
import { bare } from '../relays/bare.ts'
import { nginx } from '../relays/nginx.ts'
import { outrigger } from '../relays/outrigger.ts'
import { portkey } from '../relays/portkey.ts'
import type { Question, Relay, Upstream } from '../relays/relay.ts'
import { startRelays } from '../relays/start.ts'
import { inTurns, median } from '../rounds.ts'
import type { Section } from '../section.ts'
import type { Table } from '../table.ts'
import { bodyOf } from './questions.ts'
import { startUpstream } from './upstream.ts'

const mebibytes = 30
const small = bodyOf({ model: 'whole', characters: 1800 })

/** How long other callers wait while one sends, or gets, a very large body. */
export const stalls: Section = {
  name: 'stalls',
  title: 'A body of 30 MiB while others ask',
  about: `One caller asks small questions one after the other; another sends 30 MiB, three times: a picture written into the request, or a conversation
of 7,680 messages; or it gets 30 MiB: a picture in the answer, or a text in another dialect than its own. \`longest\` is the longest that the first
caller waited for an answer meanwhile, \`calm\` without the large body; \`direct\`, without a relay, is what the machine itself adds. \`answered\` is
how long the large request took.`,
  async play(bench) {
    const plain = await startUpstream(bench)
    const upstream = { ...plain, paths: { ...plain.paths, ...writeLargeAnswers(bench.folder) } }
    const { relays, notes } = await startRelays(bench, [nginx, bare, outrigger, portkey], upstream)
    const between = [direct(upstream), ...relays]
    const tables: Table[] = []
    // Once before it counts: the first large body also grows the memory.
    for (const large of larges()) await inTurns(askedOf(between, large), 1, ({ large }) => askOnce(large, large.body))
    for (const large of larges()) tables.push(await play(bench, large.title, askedOf(between, large)))
    return { tables, notes, ratios: {} }
  },
}

type Between = Pick<Relay, 'name' | 'ask'> & { readonly pid: number | undefined }

/** Nobody between the caller and the upstream. */
function direct({ origin, paths }: Upstream): Between {
  return {
    name: 'direct',
    pid: undefined,
    ask: ({ model }) => ({ url: `${origin}${paths[model]}/chat/completions`, headers: {} }),
  }
}

type Large = Question & { readonly title: string; readonly body: string }

function larges(): readonly Large[] {
  const ask = { characters: 100, max_tokens: 1000 }
  return [
    { title: 'A picture of 30 MiB', model: 'whole', dialect: 'openai-chat', body: picture() },
    { title: 'A conversation of 30 MiB', model: 'whole', dialect: 'openai-chat', body: conversation() },
    {
      title: 'An answer with a picture of 30 MiB',
      model: 'painted',
      dialect: 'openai-chat',
      body: bodyOf({ model: 'painted', ...ask }),
    },
    {
      title: 'An answer with a text of 30 MiB, in another dialect',
      model: 'written',
      dialect: 'anthropic',
      body: bodyOf({ model: 'written', ...ask }),
    },
  ]
}

/** Gives the paths of the models that answer so. */
function writeLargeAnswers(folder: string): Readonly<Record<string, string>> {
  const answers = {
    painted: answerBody('Here it is.', { images: [{ type: 'image_url', image_url: { url: dataUrl() } }] }),
    written: answerBody('He said: "A sentence that nobody\nneeds."'.repeat(mebibytes * 24_966)),
  }
  for (const [name, answer] of Object.entries(answers)) writeFileSync(join(folder, `large-${name}.json`), answer)
  return { painted: '/large-painted', written: '/large-written' }
}

type Asked = { readonly name: string; readonly small: Target; readonly large: Target }

function askedOf(between: readonly Between[], large: Large): readonly Asked[] {
  return between.flatMap(({ name, pid, ask }) => {
    const few = ask({ model: 'whole', dialect: 'openai-chat' })
    const many = ask(large)
    if (few === undefined || many === undefined) return []
    return [{ name, small: { ...few, body: small, pid }, large: { ...many, body: large.body, pid } }]
  })
}

type Sample = { readonly calm: Met; readonly met: Met; readonly answeredMs: number; readonly refused: number }

async function play(bench: Bench, title: string, asked: readonly Asked[]): Promise<Table> {
  const samples = await inTurns(asked, bench.settings.rounds, (one) => sample(bench, one))
  return {
    title,
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

async function sample(bench: Bench, { small, large }: Asked): Promise<Sample> {
  const calm = await probeDuring(bench, small, () => sleep(bench.settings.seconds * 1000))
  let refused = 0
  const tookMs: number[] = []
  const met = await probeDuring(bench, small, async () => {
    for (let count = 0; count < 3; count++) {
      const startedMs = performance.now()
      if ((await askOnce(large, large.body)) !== 200) refused++
      tookMs.push(performance.now() - startedMs)
    }
  })
  return { calm, met, refused, answeredMs: median(tookMs, (ms) => ms) }
}

function picture(): string {
  const content = [
    { type: 'text', text: 'What is on it?' },
    { type: 'image_url', image_url: { url: dataUrl() } },
  ]
  return JSON.stringify({ model: 'whole', messages: [{ role: 'user', content }] })
}

function dataUrl(): string {
  return `data:image/png;base64,${'iVBORw0KGgo'.repeat(Math.floor((mebibytes * 1024 * 1024) / 11))}`
}

function conversation(): string {
  const content = 'A sentence that somebody said before. '.repeat(107)
  const messages = Array.from({ length: mebibytes * 256 }, (_, at) => ({ role: at % 2 === 0 ? 'user' : 'assistant', content }))
  return JSON.stringify({ model: 'whole', messages: [...messages, { role: 'user', content: 'And now?' }] })
}
