import type { ProviderDialectName } from '#canonical/request.ts'
import { answerTables } from './answers.ts'
import { chat } from './chat.ts'
import { gemini } from './gemini.ts'
import { messages } from './messages.ts'
import { type Family, type Outcome, type Probe, type ProbeTarget, probeOutcome, reasoningModels, targets } from './probe.ts'
import { responses } from './responses.ts'
import { table } from './table.ts'

const families: readonly Family[] = [chat, responses, messages, gemini]

const titles: Partial<Readonly<Record<ProviderDialectName, string>>> = {
  'openai-chat': 'Chat Completions',
  'openai-responses': 'Responses',
  anthropic: 'Messages',
  gemini: 'generateContent',
  'bedrock-converse': 'Converse',
}

/**
 * docs/translation.md: what becomes of each field of each dialect, found by sending it through the encoders.
 * @throws when a field vanishes without being named
 */
export function translationPage(): string {
  const tables = families.map(requestTable)
  const models = targets.map(({ dialect, provider, model }) => `${titles[dialect]}: ${provider}/${model}`).join(', ')
  const reasoning = Object.values(reasoningModels).join(', ')
  return `${[
    '# Translation',
    '<!-- Written by `make docs` from the encoders: scripts/translation/. -->',
    intro.trim(),
    `Shown for models that take what most do (${models}; what concerns reasoning: ${reasoning}). A model that takes less — no sampling, no stop sequences, a smaller limit — loses that field too, always by name.`,
    ...tables.map(({ text }) => text),
    '## What is lost, for each pair',
    'Dropped: the answer is what was asked for without it; `x-outrigger-dropped` names it. Refused: the answer would be another one, so the request fails with 400 `unsupported_by_target` or goes to a target that can. A model’s `unsupported: drop` or `unsupported: error` changes that.',
    lossTable(tables.flatMap(({ cells }) => cells)),
    answerTables(),
  ].join('\n\n')}\n`
}

const intro = `
A client that speaks the dialect of its provider is not translated: the bytes pass, but for the model’s name. In every other case
a request is read into one canonical form and written anew. Each table has the fields of one client dialect and where they
stand in the provider’s request. \`[]\` stands for an entry of a list. A dash means that nothing has to be said, and why.
`

type Cell = { readonly from: Family; readonly probe: Probe; readonly to: ProbeTarget; readonly outcome: Outcome }

function requestTable(family: Family): { readonly text: string; readonly cells: readonly Cell[] } {
  const others = targets.filter(({ dialect }) => dialect !== family.dialect)
  const cells = family.probes.map((probe) =>
    others.map((to): Cell => ({ from: family, probe, to, outcome: probeOutcome(family, probe, to) })),
  )
  const heads = ['field', ...others.map(({ dialect }) => `to ${titles[dialect] ?? dialect}`)]
  const rows = cells.map((row, index) => [`\`${family.probes[index]?.field ?? ''}\``, ...row.map(cellText)])
  const note = family.note === undefined ? '' : `\n\n${family.note}`
  return { text: `## From ${family.title}\n\n${table(heads, rows)}${note}`, cells: cells.flat() }
}

function cellText({ from, probe, to, outcome }: Cell): string {
  const { places, dropped, refused, relay, silent } = outcome
  if (refused.length > 0) return '**refused**'
  const where = shortened(places)
    .map((place) => `\`${place}\``)
    .join(', ')
  if (dropped.length > 0) return where === '' ? 'dropped' : `${where} instead; named as dropped`
  if (where !== '') return where
  if (relay !== undefined) return relay
  if (silent !== undefined) return `– ${silent}`
  throw new Error(`${from.dialect}: ${probe.field} vanishes on its way to ${to.dialect}: name it as a loss`)
}

/** Several places under one name become one. */
function shortened(places: readonly string[]): readonly string[] {
  if (places.length < 3) return places
  const byTop = Map.groupBy(places, (place) => /^\w+/.exec(place)?.[0] ?? place)
  return [...byTop.values()].map((group) => (group.length === 1 ? (group[0] ?? '') : `${commonStart(group)}…`))
}

function commonStart(group: readonly string[]): string {
  const [first = '', ...others] = group
  let length = first.length
  for (const other of others) while (!other.startsWith(first.slice(0, length))) length--
  return first.slice(0, length).replace(/[^.\]]*$/, '')
}

function lossTable(cells: readonly Cell[]): string {
  const pairs = Map.groupBy(cells, ({ from, to }) => `${titles[from.dialect]} → ${titles[to.dialect]}`)
  const rows = [...pairs].map(([pair, found]) => {
    const fields = (which: (outcome: Outcome) => readonly string[]): string =>
      found
        .filter(({ outcome }) => which(outcome).length > 0)
        .map(({ probe }) => `\`${probe.field}\``)
        .join(', ')
    return [pair, fields(({ dropped, refused }) => (refused.length > 0 ? [] : dropped)), fields(({ refused }) => refused)]
  })
  return table(['pair', 'dropped and named', 'refused'], rows)
}
