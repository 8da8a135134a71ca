/**
 * Copies a small choice of the recordings into test/fixtures/recordings, so that a clone alone can run the conformance
 * tests: for each provider and API the smallest stream and the smallest whole answer with each finish reason.
 */
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { oracle } from '../test/conformance/oracle.ts'
import { hasAllRecordings, isStream, type Recording, readRecordings, recordingsRoot } from '../test/support/recordings.ts'

const chosen = join(import.meta.dirname, '../test/fixtures/recordings')
const maxBytes = 12_000

if (!hasAllRecordings) {
  console.error('the whole collection is not here: nothing to choose from')
  process.exit(1)
}
const best = new Map<string, Recording>()
for (const recording of readRecordings(['chat', 'messages', 'generate-content', 'responses', 'converse'])) {
  const reading = oracle(recording)
  if ('unusable' in reading) continue
  const key = [
    recording.provider,
    recording.api,
    isStream(recording),
    reading.choices[0]?.finish,
    reading.choices.length > 1,
  ].join(' ')
  const known = best.get(key)
  if (size(recording) <= maxBytes && (known === undefined || size(recording) < size(known))) best.set(key, recording)
}
rmSync(chosen, { recursive: true, force: true })
const origins: string[] = []
for (const recording of best.values()) {
  const name = relative(recordingsRoot, recording.path)
  mkdirSync(dirname(join(chosen, name)), { recursive: true })
  copyFileSync(recording.path, join(chosen, name))
  origins.push(`| \`${name}\` | ${originOf(recording)} |`)
}
writeFileSync(
  join(chosen, 'README.md'),
  `# Recordings

Real exchanges with providers, from public test suites under MIT, Apache-2.0 or BSD-3-Clause licences; each file names its origin.
Written by \`make fixtures\`.

| file | origin |
|---|---|
${origins.join('\n')}
`,
)
console.log(`${best.size} recordings chosen`)

function size({ path }: Recording): number {
  return statSync(path).size
}

function originOf({ path }: Recording): string {
  const file: { origin?: { repo?: string; licence?: string } } = JSON.parse(readFileSync(path, 'utf8'))
  return `${file.origin?.repo ?? 'unknown'} (${file.origin?.licence ?? 'unknown'})`
}
