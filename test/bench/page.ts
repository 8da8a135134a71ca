import { cpus } from 'node:os'
import type { Outcome, Section } from './section.ts'
import { textOf } from './table.ts'

const introduction = `# Benchmarks

What \`make bench\` prints. Each relay runs on one core, load and upstream on the other; rounds are interleaved (A B C, B C A),
medians are shown, and ratios as the median of the rounds' own. Outrigger runs with all that it has on by default: routing, breaker,
windows, metrics, access log, usage and cost. Only ratios can be compared between machines. A part is measured again and written here
with \`make bench ARGS="--only NAME --write"\`.

\`make bench-check\` fails when a ratio got worse by more than 15 %. \`make bench-plan\` tells what planning costs, \`make bench-telemetry\`
what metrics, log and traces cost, \`make load\` what a thousand callers see while providers fail. Where the time goes:
[Performance](performance.md).
`

/** The page with this part put in place of the one of the same title; parts stand in the order of `titles`, others are dropped. */
export function withPart(
  page: string,
  part: { readonly title: string; readonly text: string },
  titles: readonly string[],
): string {
  const [, ...known] = page.split(/^## /m)
  const parts = new Map(known.map((text) => [text.split('\n', 1)[0] ?? '', `## ${text.trimEnd()}\n`]))
  parts.set(part.title, part.text)
  return [introduction, ...titles.flatMap((title) => parts.get(title) ?? [])].join('\n')
}

/** A part of the page: what it is, when and where it was measured, its tables. */
export function partOf({ name, title, about }: Section, { tables, notes }: Outcome, conditions: string): string {
  const [cpu] = cpus()
  const machine = `${cpu?.model.trim() ?? 'an unknown processor'}, ${cpus().length} cores, Node ${process.versions.node}`
  const said = notes.map((note) => `- ${note}\n`).join('')
  return `## ${title}

${about}

_\`--only ${name}\`, ${new Date().toISOString().slice(0, 10)}: ${machine}; ${conditions}._

\`\`\`text
${tables.map(textOf).join('\n\n')}
\`\`\`
${said === '' ? '' : `\n${said}`}`
}
