/**
 * Compares the relay with others, in the same run, against the same upstream: relays on one core, load and upstream on the
 * other, rounds interleaved, medians. It starts everything itself; competitors are installed into a cache folder, and left out
 * visibly where they are not to be had. Needs `nginx`, `wrk` and `taskset`; all of it takes about a quarter of an hour.
 * Usage: make bench [ARGS="--only requests,streams --seconds 5 --rounds 5 --relays nginx,bare,outrigger"]; `--write` writes
 * docs/benchmarks.md and the figures that `--check` holds later runs against; `--built` takes dist/ as it is.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compare, withRatios } from './baseline.ts'
import { openBench, requireTools } from './bench.ts'
import { choose } from './choose.ts'
import { partOf, withPart } from './page.ts'
import type { Outcome, Section } from './section.ts'
import { sections } from './sections.ts'
import { readSettings, settingOptions } from './settings.ts'
import { textOf } from './table.ts'

const { values } = parseArgs({
  options: {
    ...settingOptions,
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    built: { type: 'boolean', default: false },
  },
})
const root = join(import.meta.dirname, '../..')
const page = join(root, 'docs/benchmarks.md')
const baseline = join(import.meta.dirname, 'baseline.json')
const settings = readSettings(values)

requireTools(['nginx', 'wrk', 'taskset'])
const chosen = choose('part', sections, values.only)
// The cores are kept apart: this process and all that it starts without saying where stay off the relays' one.
execFileSync('taskset', ['-a', '-p', '-c', '1', String(process.pid)], { stdio: 'ignore' })
if (!values.built) build()
let lost = false
for (const section of chosen) {
  console.log(`\n${section.title} (--only ${section.name})`)
  const outcome = await play(section)
  for (const table of outcome.tables) console.log(`\n${textOf(table)}`)
  for (const note of outcome.notes) console.log(`- ${note}`)
  if (values.write) write(section, outcome)
  if (values.check) lost = check(outcome) || lost
}
process.exit(lost ? 1 : 0)

function build(): void {
  execFileSync(process.execPath, [join(root, 'scripts/build.ts')], { stdio: ['ignore', 'ignore', 'inherit'] })
}

async function play(section: Section): Promise<Outcome> {
  const bench = openBench(settings)
  try {
    return await section.play(bench)
  } finally {
    await bench.close()
  }
}

function write(section: Section, outcome: Outcome): void {
  const conditions = `${settings.connections} connections where not said otherwise, medians of ${settings.rounds} rounds of ${settings.seconds} s`
  const part = { title: section.title, text: partOf(section, outcome, conditions) }
  const titles = sections.map(({ title }) => title)
  writeFileSync(page, withPart(existsSync(page) ? readFileSync(page, 'utf8') : '', part, titles))
  writeFileSync(baseline, withRatios(baselineText(), outcome.ratios))
}

function check({ ratios }: Outcome): boolean {
  const { losses, unknown } = compare(baselineText(), ratios)
  for (const text of unknown) console.log(`- ${text}`)
  for (const loss of losses) console.error(`worse by more than 15 %: ${loss}`)
  return losses.length > 0
}

function baselineText(): string {
  return existsSync(baseline) ? readFileSync(baseline, 'utf8') : '{}'
}
